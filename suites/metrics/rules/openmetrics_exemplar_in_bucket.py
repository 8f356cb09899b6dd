"""An exemplar's value is within its bucket.

It is an observation that the bucket counts. Section: "Histogram".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1 # {} 0.5\nh_bucket{le="+Inf"} 1\n# EOF\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="1.0"} 1 # {} 1.5\nh_bucket{le="+Inf"} 1\n# EOF\n',
        'bucket `h_bucket{le="1.0"}` has an exemplar of 1.5, above its bound',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "exemplar_above_bound",
        "bucket `{series}` has an exemplar of {value}, above its bound",
        "put the exemplar into the bucket of its value",
    )
