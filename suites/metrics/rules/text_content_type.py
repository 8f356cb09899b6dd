"""The text format is sent as `text/plain` in a version that Prometheus knows, in UTF-8.

Since version 3 Prometheus fails a scrape whose Content-Type is missing or unknown. Without `version` it takes the
latest; `1.0.0` is the text format with quoted names. Sections: "Basic info", "HTTP Content-Type requirements".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import TextExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.content_types import content_type_findings


@rule(
    Good("Content-Type: text/plain; version=0.0.4; charset=utf-8\n\na 1\n"),
    Good("Content-Type: text/plain\n\na 1\n"),
    Good('Content-Type: text/plain; version=1.0.0; escaping=allow-utf-8\n\n{"a.b"} 1\n'),
    Good("Content-Type: text/plain; version=0.0.4; charset=ANSI_X3.4-1968\n\na 1\n"),
    Bad("Content-Type: \n\na 1\n", "the response has no Content-Type"),
    Bad("Content-Type: text/html; charset=utf-8\n\na 1\n", "Prometheus text 0.0.4 is sent as `text/html`"),
    Bad(
        "Content-Type: text/plain; version=0.0.3\n\na 1\n",
        "the Content-Type has `version=0.0.3` instead of `version=0.0.4`",
    ),
    Bad(
        "Content-Type: text/plain; charset=latin-1\n\na 1\n",
        "the Content-Type has `charset=latin-1` instead of `charset=utf-8`",
    ),
    Bad(
        'Content-Type: text/plain; charset=us-ascii\n\na{b="é"} 1\n',
        "the Content-Type has `charset=us-ascii` instead of `charset=utf-8`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#http-content-type-requirements",
)
def check(exposition: TextExposition) -> Iterator[Finding]:
    parameters = {"version": ("0.0.4", "1.0.0"), "charset": ("utf-8", "utf8")}
    return content_type_findings(exposition, "text/plain", parameters, required=False)
