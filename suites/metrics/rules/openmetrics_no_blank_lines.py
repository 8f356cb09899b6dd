"""OpenMetrics has no blank lines.

Nothing may separate metric families; the grammar has no empty line, and Prometheus refuses the scrape for one.
Sections: "MetricFamily" in the text format, "ABNF".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("a 1\nb 1\n# EOF\n"),
    Bad("a 1\n\nb 1\n\n# EOF\n", "a line is blank (2 times, first at line 2)"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#metricfamily-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(exposition, "blank_line", "a line is blank", "write no blank lines between metric families")
