"""An exemplar's labels have at most 128 characters.

Counted are label names and values; Prometheus drops longer exemplars. Section: "Exemplars".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE a counter\na_total 1 # {trace_id="KOO5S4vxi0o"} 1\n# EOF\n'),
    Bad(
        ('# TYPE a counter\na_total 1 # {trace_id="' + "x" * 121 + '"} 1\n# EOF\n'),
        "an exemplar of `a` has labels of 129 characters, more than 128",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "exemplar_too_long",
        "an exemplar of `{0}` has labels of {length} characters, more than 128",
        "keep the trace id and the span id only",
    )
