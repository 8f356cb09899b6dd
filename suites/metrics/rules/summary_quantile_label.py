"""Only quantiles have the label `quantile`.

It is the summary's own: on `_sum` or `_count`, or as a label of the metric itself, it makes a second summary of them.
Section: OpenMetrics "Summary".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 1\ns_count 1\n'),
    Bad('# TYPE s summary\ns_sum{quantile="0.5"} 1\ns_count 1\n', "`s_sum` has the label `quantile`"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#summary",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "misplaced_quantile_label",
        "`{0}{1}` has the label `quantile`",
        "remove `quantile` from the labels of the metric",
    )
