"""No label or metric family name begins with an underscore.

Such names are reserved; Prometheus itself uses names with two underscores. Sections: "Label", "Name".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('a{b_="c"} 1\n# EOF\n'),
    Bad('a{_b="c"} 1\na{_b="d"} 2\n# EOF\n', "label name `_b` begins with an underscore (2 times, first at line 1)"),
    Bad("# TYPE _a gauge\n_a 1\n# EOF\n", "metric family name `_a` begins with an underscore"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#label",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "leading_underscore",
        "{0} name `{1}` begins with an underscore",
        "rename it without the leading underscore",
    )
