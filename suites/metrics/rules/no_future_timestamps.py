"""No sample or creation time is in the future.

Compared with the time of the scrape, with a minute of tolerance for clocks that differ. Prometheus refuses samples
more than ten minutes ahead, and until then everything that comes on time is out of order.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import isnan

from stack.records.exposition.exposition import Exposition
from stack.records.scrape.pair import ScrapePair
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

TOLERANCE_S = 60.0


@rule(
    Good("a 1\n--- 15 s later, at 2026-01-31T12:00:00Z\na 1 1769860800000\n"),
    Bad(
        "a 1\n--- 15 s later, at 2026-01-31T12:00:00Z\na 1 1769864400000\n",
        "`a` carries a timestamp 3600 s after the scrape: 2026-01-31T13:00:00Z",
    ),
    Bad(
        "# TYPE a counter\na_total 1\n# EOF\n--- 15 s later, at 2026-01-31T12:00:00Z\n# TYPE a counter\n"
        'a_total{q="x"} 1\na_created{q="x"} NaN\na_total{q="y"} 1 1769864400\na_created{q="y"} 1\n# EOF\n',
        '`a_total{q="y"}` carries a timestamp 3600 s after the scrape: 2026-01-31T13:00:00Z',
    ),
    Unjudged(
        "a 1\n--- 15 s later, at 2026-01-31T12:00:00Z\na 1\n",
        NotApplicable("no sample has a timestamp or a creation time"),
    ),
    Unjudged("a 1\n--- 15 s later\na 1 1769864400000\n", NotApplicable("the moment of the scrape is not known")),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#timestamps",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    if pair.at is None:
        raise NotApplicable("the moment of the scrape is not known")
    latest = max(_times(pair.after), default=None)
    if latest is None:
        raise NotApplicable("no sample has a timestamp or a creation time")
    if latest[0] > pair.at + TOLERANCE_S:
        seconds, line, series = latest
        shown = datetime.fromtimestamp(min(seconds, 253402300799), UTC).isoformat().replace("+00:00", "Z")
        yield Finding(
            f"`{series}` carries a timestamp {seconds - pair.at:.0f} s after the scrape: {shown}",
            Where(series=series, line=line),
            "give seconds in OpenMetrics and milliseconds in the text format; set the clock; best leave timestamps out",
        )


def _times(exposition: Exposition) -> Iterator[tuple[float, int, str]]:
    for family in exposition.families:
        created = family.name + "_created"
        for sample in family.samples:
            if sample[3] is not None:
                yield sample[3], sample.line, sample.series
            elif sample[0] == created and not isnan(sample.value):
                yield sample.value, sample.line, sample.series
