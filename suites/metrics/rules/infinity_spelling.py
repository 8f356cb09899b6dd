"""The infinite bucket is written `+Inf`.

`le` is a label: `Inf` and `+Inf` are different series, and queries look for the latter. Sections: OpenMetrics
"Considerations: Canonical Numbers"; text format "Histograms and summaries".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="inf"} 2\nh_sum 3\nh_count 2\n',
        'histogram `h` writes its infinite bucket `le="inf"`',
    ),
    Unjudged(
        '# TYPE h histogram\nh_bucket{bound="1.0"} 1\nh_sum 3\nh_count 2\n',
        NotApplicable("no histogram has buckets with bounds"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition, "misspelled_infinity", 'histogram `{0}` writes its infinite bucket `le="{1}"`', 'write `le="+Inf"`'
    )
