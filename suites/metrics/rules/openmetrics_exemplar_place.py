"""Only counters' `_total` samples and histogram buckets have exemplars.

Other samples count nothing that an exemplar could stand for, and strict readers refuse it. Sections: "Counter",
"Histogram", "GaugeHistogram".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a counter\na_total 1 # {} 1\n# EOF\n"),
    Good('# TYPE h histogram\nh_bucket{le="+Inf"} 1 # {} 0.5\n# EOF\n'),
    Bad("# TYPE a gauge\na 1 # {} 1\n# EOF\n", "`a` of type gauge has an exemplar"),
    Bad(
        '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1 # {} 1\n# EOF\n',
        "`h_count` of type histogram has an exemplar",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "misplaced_exemplar",
        "`{0}` of type {1} has an exemplar",
        "attach exemplars to `_total` or `_bucket` samples",
    )
