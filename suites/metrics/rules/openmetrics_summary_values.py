"""A summary's count is an integer, and its count and sum are not negative and not NaN.

Both are counters. Section: "Summary".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE s summary\ns_sum 1.5\ns_count 2\n# EOF\n"),
    Bad("# TYPE s summary\ns_sum -1\ns_count 2\n# EOF\n", "`s_sum` is -1"),
    Bad("# TYPE s summary\ns_sum NaN\ns_count 1.5\n# EOF\n", "`s_sum` is NaN", "`s_count` is 1.5"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#summary",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_summary_value",
        "`{series}` is {value}",
        "count whole events from 0 up; use a gauge for sums that can fall",
    )
