"""A metric does not have new series in every scrape.

Judged over scrapes in a row without requests in between. Each series is kept until it is out of retention, so a label
with a value per scrape (a time, a port of the client, a number that counts up) costs more memory with every scrape.
"""

from collections.abc import Iterator

from stack.records.scrape.pair import ScrapePair
from stack.records.scrape.repeats import ENOUGH_SCRAPES
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule

START = "process_start_time_seconds 100\n"


@rule(
    Good("a 1\n--- 1 s later\na 1\n" + "".join(f"--- at once\na {number}\n" for number in range(6))),
    Bad(
        'a 1\n--- 1 s later\na{n="1"} 1\n' + "".join(f'--- at once\na{{n="{number}"}} 1\n' for number in range(2, 7)),
        '`a` had new series in 5 of 5 scrapes in a row, the last one `a{n="6"}`',
    ),
    Bad(
        f'{START}a 1\n--- 1 s later\n{START}a{{n="1"}} 1\n'
        + "".join(f'--- at once\n{START}a{{n="{number}"}} 1\n' for number in range(2, 7))
        + "--- at once\nprocess_start_time_seconds 200\n",
        '`a` had new series in 5 of 5 scrapes in a row, the last one `a{n="6"}`',
    ),
    Unjudged(
        "a 1\n--- 1 s later\na 1\n--- at once\na 1\n",
        NotCollected("only 1 of the scrapes in a row could be compared, 5 are needed"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/naming/#labels",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    if pair.repeated < ENOUGH_SCRAPES:
        raise NotCollected(
            f"only {pair.repeated} of the scrapes in a row could be compared, {ENOUGH_SCRAPES} are needed"
        )
    for new in pair.new_series:
        yield Finding(
            f"`{new.metric}` had new series in {new.scrapes} of {new.of} scrapes in a row, the last one `{new.series}`",
            Where(series=new.series),
            "take the label out that has another value each time; where the value matters, expose it as the sample's "
            "value or write it to the log",
        )
