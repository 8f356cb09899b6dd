"""Only buckets have the label `le`.

It is the histogram's own: on `_sum` or `_count`, or as a label of the metric itself, it makes a second histogram of
them. Sections: OpenMetrics "Histogram", "GaugeHistogram".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum{le="1.0"} 3\nh_count 2\n',
        "`h_sum` has the label `le`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition, "misplaced_le_label", "`{0}{1}` has the label `le`", "remove `le` from the labels of the metric"
    )
