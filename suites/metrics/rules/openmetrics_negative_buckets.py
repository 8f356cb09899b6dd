"""A histogram with negative bounds has no sum.

The sum could fall, which a counter must not. Section: "Histogram".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="-1.0"} 1\nh_bucket{le="+Inf"} 2\n# EOF\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="-1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n# EOF\n',
        "`h` has negative bounds and a sum",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "sum_with_negative_bounds",
        "`{series}` has negative bounds and a sum",
        "leave `_sum` and `_count` out, or use a gauge histogram",
    )
