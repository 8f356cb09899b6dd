"""Bucket values and counts of a histogram are integers.

Observations are counted whole. `2.0` is an integer. Sections: "Histogram", "GaugeHistogram".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n# EOF\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="1.0"} 0.5\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n# EOF\n',
        '`h_bucket{le="1.0"}` is 0.5, not an integer',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "fractional_histogram_value",
        "`{series}` is {value}, not an integer",
        "count whole observations; weights belong into the sum",
    )
