"""A metric name is an identifier of letters, digits, `_` and `:`; other names are quoted.

Outside quotes Prometheus reads a name up to the first other character and then fails the scrape. Sections: OpenMetrics
"ABNF"; text format "Line format" (identifier, quoted_metric_name).
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("http_requests:rate5m 1\n"),
    Good('# TYPE "my.metric" counter\n{"my.metric"} 1\n'),
    Bad("http-requests 1\n", "`http-requests` is no metric name unless it is quoted"),
    Bad('http.requests{a="b"} 1\n# EOF\n', "`http.requests` is no metric name unless it is quoted"),
    Bad("# TYPE 2xx gauge\n", "`2xx` is no metric name unless it is quoted"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#line-format",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    """A metric name is an identifier of letters, digits, `_` and `:`; other names are quoted."""
    return findings(
        exposition,
        "metric-names",
        lambda seen: f"`{seen.what[0]}` is no metric name unless it is quoted",
        hint=lambda seen: (
            "use `_` for other characters, or write the name in double quotes"
            + ("" if seen.excerpt.startswith("#") else f', within the braces: `{{"{seen.what[0]}"}}`')
        ),
    )
