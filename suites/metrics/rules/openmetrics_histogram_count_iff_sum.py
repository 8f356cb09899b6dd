"""A histogram has its count sample if and only if it has its sum sample.

An average needs both. Gauge histograms call them `_gcount` and `_gsum`. Section: "Histogram" in the text format.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n# EOF\n'),
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\n# EOF\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\n# EOF\n',
        "`h` has `_sum` but no `_count`",
    ),
    Bad(
        '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_count 2\n# EOF\n',
        "`h` has `_count` but no `_sum`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(exposition, "count_or_sum_alone", "`{series}` has `{1}` but no `{2}`", "expose both or none")
