"""In OpenMetrics only TYPE, UNIT, HELP and EOF lines begin with `#`.

Comments are not part of the format, and Prometheus refuses the scrape for one. Section: "MetricFamily metadata".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n# HELP a_seconds Text.\na_seconds 1\n# EOF\n"),
    Bad(
        "# A comment.\na 1\n## Another.\nb 1\n# EOF\n",
        "a line begins with `#` but is not a TYPE, UNIT, HELP or EOF line (2 times, first at line 1)",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#metricfamily-metadata",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "comment",
        "a line begins with `#` but is not a TYPE, UNIT, HELP or EOF line",
        "leave comments out; `# TYPE`, `# HELP` and `# UNIT` are written in capitals",
    )
