"""No two buckets of a histogram have the same bound.

`1` and `1.0` are two labels but one bound. Section: OpenMetrics "Histogram"; in the text format buckets are in
increasing order, so no bound occurs twice.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
    Bad(
        ('# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
        "histogram `h` has two buckets with the same bound, `1` and `1.0`",
    ),
    Unjudged(
        '# TYPE h histogram\nh_bucket{bound="1.0"} 1\nh_sum 3\nh_count 2\n',
        NotApplicable("no histogram has buckets with bounds"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "duplicate_bucket_bound",
        "histogram `{0}` has two buckets with the same bound, `{1}` and `{2}`",
        "format all bounds the same way",
    )
