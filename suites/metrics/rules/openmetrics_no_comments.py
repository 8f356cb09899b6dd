"""In OpenMetrics only TYPE, UNIT, HELP and EOF lines begin with `#`.

Comments are no part of the format, and Prometheus refuses the scrape for one. Section: "MetricFamily metadata".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n# HELP a_seconds Text.\na_seconds 1\n# EOF\n"),
    Bad(
        "# A comment.\na 1\n## Another.\nb 1\n# EOF\n",
        "a line begins with `#` but is no TYPE, UNIT, HELP or EOF line (2 times, first at line 1)",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#metricfamily-metadata",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    """In OpenMetrics only TYPE, UNIT, HELP and EOF lines begin with `#`."""
    return findings(
        exposition,
        "openmetrics-no-comments",
        lambda _: "a line begins with `#` but is no TYPE, UNIT, HELP or EOF line",
        hint="leave comments out; `# TYPE`, `# HELP` and `# UNIT` are written in capitals",
    )
