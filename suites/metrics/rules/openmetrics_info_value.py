"""An info's value is 1.

Joins multiply by it, so any other value changes what is joined. Section: "Info" in the text format.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE build info\nbuild_info{version="1"} 1\n# EOF\n'),
    Bad('# TYPE build info\nbuild_info{version="1"} 0\n# EOF\n', 'info `build_info{version="1"}` is 0'),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#info-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition, "bad_info_value", "info `{series}` is {value}", "expose 1; what changes belongs into a gauge"
    )
