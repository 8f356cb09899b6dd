"""A histogram has a bucket `le="+Inf"`.

It counts all observations; without it quantiles above the last bound, and `_count`, mean nothing. Sections:
OpenMetrics "Histogram", "GaugeHistogram"; text format "Histograms and summaries".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
    Bad('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_sum 1\nh_count 1\n', 'histogram `h` has no bucket `le="+Inf"`'),
    Bad(
        (
            '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\n'
            'h_count 2\nh_sum{a="b"} 3\nh_count{a="b"} 2\n'
        ),
        'histogram `h{a="b"}` has no bucket `le="+Inf"`',
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
        "missing_infinite_bucket",
        'histogram `{series}` has no bucket `le="+Inf"`',
        'add the bucket `le="+Inf"` with the value of `_count`, under the same labels as the others',
    )
