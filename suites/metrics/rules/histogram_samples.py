"""A histogram's samples are `_bucket` with `le`, `_sum` and `_count`.

`histogram_quantile()` reads nothing else. Gauge histograms have `_gsum` and `_gcount`; OpenMetrics histograms also
`_created`. Sections: OpenMetrics "Histogram" and "GaugeHistogram" in the text format; text format "Histograms and
summaries".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.faults import Fault
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
    Good('# TYPE g gaugehistogram\ng_bucket{le="+Inf"} 1\ng_gcount 1\ng_gsum 1\n# EOF\n'),
    Bad("# TYPE h histogram\nh 1\n", "histogram `h` has the sample `h`"),
    Bad('# TYPE h histogram\nh_bucket 1\nh_bucket{le="+Inf"} 1\nh_count 1\n', "a bucket of `h` has no `le` label"),
    Bad(
        '# TYPE h gaugehistogram\nh_bucket{le="+Inf"} 1\nh_count 1\nh_sum 1\n# EOF\n',
        "gaugehistogram `h` has the sample `h_count`",
    ),
    Bad("# TYPE h gaugehistogram\nh_sum 1\n# EOF\n", "gaugehistogram `h` has the sample `h_sum`"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#histograms-and-summaries",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_histogram_sample",
        sample_message,
        'write `name_bucket{le="…"}`, `name_sum`, `name_count` (gauge histograms: `name_gsum`, `name_gcount`)',
    )


def sample_message(fault: Fault) -> str:
    family, kind, sample = fault.subject
    return (
        f"a bucket of `{family}` has no `le` label"
        if sample == "no le"
        else f"{kind} `{family}` has the sample `{sample}`"
    )
