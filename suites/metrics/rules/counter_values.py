"""Counter values are zero or positive.

`rate()` takes any fall for a restart, so a counter that is negative makes every rate wrong; OpenMetrics forbids NaN as
well. Whether it falls is judged over two scrapes, by `counters-never-fall`. Section: OpenMetrics "Counter".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a_total counter\na_total 0\n"),
    Good("# TYPE a counter\na_total 1e+06\n# EOF\n"),
    Good("# TYPE a_total counter\na_total NaN\n"),
    Bad("# TYPE a_total counter\na_total -1\n", "counter `a_total` is -1"),
    Bad(
        '# TYPE a counter\na_total{b="1"} NaN\na_total{b="2"} NaN\n# EOF\n',
        'counter `a_total{b="1"}` is NaN (2 times, first at line 2)',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#counter",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_counter_value",
        "counter `{series}` is {value}",
        "expose it as a gauge if it can fall; start counters at 0",
    )
