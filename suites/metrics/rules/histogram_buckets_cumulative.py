"""Histogram buckets are cumulative.

Each bucket counts everything up to its bound, so none is smaller than the one before; quantiles of plain counts are
nonsense. Section: OpenMetrics "Histogram".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
    Bad(
        ('# TYPE h histogram\nh_bucket{le="1.0"} 5\nh_bucket{le="2.0"} 3\nh_bucket{le="+Inf"} 6\nh_sum 3\nh_count 6\n'),
        'bucket `h_bucket{le="2.0"}` is 3, less than the 5 of `le="1.0"`',
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
        "falling_buckets",
        'bucket `{series}` is {value}, less than the {before} of `le="{bound}"`',
        "add the counts of all smaller buckets to each bucket",
    )
