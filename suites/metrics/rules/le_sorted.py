"""Buckets are sorted by their bounds.

Readers that check cumulation and quantiles in one pass rely on it. Sections: OpenMetrics "Histogram" in the text
format; text format "Histograms and summaries".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="+Inf"} 2\nh_bucket{le="1.0"} 1\nh_sum 3\nh_count 2\n',
        'bucket `h_bucket{le="1.0"}` comes after `le="+Inf"`',
    ),
    Bad(
        ('# TYPE h histogram\nh_bucket{le="10"} 2\nh_bucket{le="5"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
        'bucket `h_bucket{le="5"}` comes after `le="10"`',
    ),
    Unjudged(
        '# TYPE h histogram\nh_bucket{bound="1.0"} 1\nh_sum 3\nh_count 2\n',
        NotApplicable("no histogram has buckets with bounds"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#histograms-and-summaries",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "unsorted_buckets",
        'bucket `{series}` comes after `le="{before}"`',
        "sort buckets by bound as numbers, not as text",
    )
