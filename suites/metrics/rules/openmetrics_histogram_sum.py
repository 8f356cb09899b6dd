"""A histogram's sum is not NaN, and negative only with negative bounds.

The sum of a histogram is a counter. A gauge histogram's may be negative where negative buckets are. Sections:
"Histogram", "GaugeHistogram".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n# EOF\n'),
    Good('# TYPE g gaugehistogram\ng_bucket{le="-1.0"} 1\ng_bucket{le="+Inf"} 1\ng_gsum -2\ng_gcount 1\n# EOF\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum NaN\nh_count 2\n# EOF\n',
        "`h_sum` is NaN",
    ),
    Bad('# TYPE g gaugehistogram\ng_bucket{le="+Inf"} 1\ng_gsum -2\ng_gcount 1\n# EOF\n', "`g_gsum` is -2"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_histogram_sum",
        "`{series}` is {value}",
        "do not observe NaN; leave the sum out where observations can be negative",
    )
