"""A metric does not have new series in every scrape.

Judged over scrapes in a row without requests in between. Each series is kept until it is out of retention, so a label
with a value per scrape (a time, a port of the client, a number that counts up) costs more memory with every scrape.
"""

from collections.abc import Iterator

from stack.records.scrape.pair import ScrapePair
from stack.records.scrape.repeats import ENOUGH_SCRAPES
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("a 1\n--- 1 s later\na 1\n" + "".join(f"--- at once\na {number}\n" for number in range(6))),
    Bad(
        'a 1\n--- 1 s later\na{n="1"} 1\n' + "".join(f'--- at once\na{{n="{number}"}} 1\n' for number in range(2, 7)),
        '`a` had new series in 5 of 5 scrapes in a row, the last one `a{n="6"}`',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/naming/#labels",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    if pair.repeated < ENOUGH_SCRAPES:
        raise NotApplicable("the endpoint was not scraped often enough in a row")
    for new in pair.new_series:
        yield Finding(
            f"`{new.metric}` had new series in {new.scrapes} of {new.of} scrapes in a row, the last one `{new.series}`",
            Where(series=new.series),
            "take the label out that has another value each time; where the value matters, expose it as the sample's "
            "value or write it to the log",
        )
