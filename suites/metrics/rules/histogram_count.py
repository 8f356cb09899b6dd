"""A histogram's `_count` equals its bucket `le="+Inf"`.

Both count all observations. In the text format `_count` is always there; OpenMetrics ties it to the sum, by another
rule. Sections: text format "Histograms and summaries"; OpenMetrics "Histogram" in the text format.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.faults import Fault
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\n# EOF\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 3\n',
        'histogram `h` has the count 3, but 2 in its bucket `le="+Inf"`',
    ),
    Bad('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\n', "histogram `h` has no `_count`"),
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count NaN\n'),
    Bad(
        '# TYPE g gaugehistogram\ng_bucket{le="+Inf"} 1\ng_gsum 1\ng_gcount 2\n# EOF\n',
        'histogram `g` has the count 2, but 1 in its bucket `le="+Inf"`',
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
        "bad_histogram_count",
        count_message,
        "write `_count` from the same snapshot as the buckets, under the same labels",
    )


def count_message(fault: Fault) -> str:
    if fault.subject[1] == "missing":
        return f"histogram `{fault.detail['series']}` has no `_count`"
    template = 'histogram `{series}` has the count {count}, but {infinite} in its bucket `le="+Inf"`'
    return template.format(**fault.detail)
