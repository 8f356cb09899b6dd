"""OpenMetrics is sent as `application/openmetrics-text; version=1.0.0; charset=utf-8`.

A reader picks its parser by the Content-Type. Version 0.0.1, the draft, is what Prometheus asks for second. Parameters
may come in any order, and Prometheus' own `escaping` beside them is accepted. Section: "Overall Structure".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.content_types import content_type_findings


@rule(
    Good("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\n\na 1\n# EOF\n"),
    Good("Content-Type: application/openmetrics-text;charset=UTF-8;version=1.0.0;escaping=values\n\na 1\n# EOF\n"),
    Good("Content-Type: application/openmetrics-text; version=0.0.1; charset=utf-8\n\na 1\n# EOF\n"),
    Bad("Content-Type: \n\na 1\n# EOF\n", "the response has no Content-Type"),
    Bad("Content-Type: text/plain\n\na 1\n# EOF\n", "OpenMetrics 1.0 is sent as `text/plain`"),
    Bad(
        "Content-Type: application/openmetrics-text\n\na 1\n# EOF\n",
        "the Content-Type has no `version=1.0.0` and no `charset=utf-8`",
    ),
    Bad(
        "Content-Type: application/openmetrics-text; version=0.0.2; charset=utf-8\n\na 1\n# EOF\n",
        "the Content-Type has `version=0.0.2` instead of `version=1.0.0`",
    ),
    Unjudged(
        "Content-Type: application/openmetrics-text\n\n# TYPE a_total counter\na_total 1\n",
        NotApplicable("the body is in the text format, see `metrics/openmetrics-eof`"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#overall-structure",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    parameters = {"version": ("1.0.0", "0.0.1"), "charset": ("utf-8",)}
    return content_type_findings(exposition, "application/openmetrics-text", parameters, required=True)
