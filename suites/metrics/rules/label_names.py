"""A label name is an identifier of letters, digits and `_`; other names are quoted.

Outside quotes any other character fails the scrape. Sections: OpenMetrics "ABNF"; text format "Line format"
(label_name).
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('a{http_status="200","http.route"="/"} 1\n'),
    Bad('a{http-status="200"} 1\n', "`http-status` is not a valid label name without quotes"),
    Bad('a{http.route="/"} 1\n# EOF\n', "`http.route` is not a valid label name without quotes"),
    Bad('a{2xx="1"} 1\na{2xx="2"} 1\n', "`2xx` is not a valid label name without quotes (2 times, first at line 1)"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#line-format",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_label_name",
        "`{0}` is not a valid label name without quotes",
        "use `_` for other characters, or write the name in double quotes",
    )
