"""Bucket values and counts of a histogram are not negative and not NaN.

They count observations. Sections: OpenMetrics "Histogram", "GaugeHistogram".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="1.0"} -1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n',
        '`h_bucket{le="1.0"}` is -1',
    ),
    Bad('# TYPE h histogram\nh_bucket{le="+Inf"} NaN\n# EOF\n', '`h_bucket{le="+Inf"}` is NaN'),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(exposition, "bad_histogram_value", "`{series}` is {value}", "count observations from 0 up")
