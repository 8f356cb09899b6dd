"""Info and stateset families have no unit.

Their values are 0 and 1 and measure nothing. Sections: "StateSet", "Info".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE a info\na_info{version="1"} 1\n# EOF\n'),
    Bad(
        '# TYPE a_seconds info\n# UNIT a_seconds seconds\na_seconds_info{version="1"} 1\n# EOF\n',
        "info `a_seconds` has the unit `seconds`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#info",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(exposition, "unit_not_allowed", "{1} `{0}` has the unit `{2}`", "leave the UNIT line out")
