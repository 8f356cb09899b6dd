"""Bucket bounds are numbers.

Anything else cannot be compared, so no quantile counts the bucket; NaN is not a bound either. Sections: OpenMetrics
"Histogram"; text format "Histograms and summaries".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="small"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n',
        "histogram `h` has the bound `small`, which is not a number",
    ),
    Bad(
        '# TYPE h histogram\nh_bucket{le="NaN"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n# EOF\n',
        "histogram `h` has the bound `NaN`, which is not a number",
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
        "bad_bucket_bound",
        "histogram `{0}` has the bound `{1}`, which is not a number",
        "write bounds as numbers",
    )
