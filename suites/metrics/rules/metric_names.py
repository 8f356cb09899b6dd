"""A metric name is an identifier of letters, digits, `_` and `:`; other names are quoted.

Outside quotes Prometheus reads a name up to the first other character and then fails the scrape. Sections: OpenMetrics
"ABNF"; text format "Line format" (identifier, quoted_metric_name).
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("http_requests:rate5m 1\n"),
    Good('# TYPE "my.metric" counter\n{"my.metric"} 1\n'),
    Bad("http-requests 1\n", "`http-requests` is not a valid metric name without quotes"),
    Bad('http.requests{a="b"} 1\n# EOF\n', "`http.requests` is not a valid metric name without quotes"),
    Bad("# TYPE 2xx gauge\n", "`2xx` is not a valid metric name without quotes"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#line-format",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_metric_name",
        "`{0}` is not a valid metric name without quotes",
        lambda fault: (
            "use `_` for other characters, or write the name in double quotes"
            + ("" if fault.excerpt.startswith("#") else f', within the braces: `{{"{fault.subject[0]}"}}`')
        ),
    )
