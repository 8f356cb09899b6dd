"""OpenMetrics is sent as `application/openmetrics-text; version=1.0.0; charset=utf-8`.

A reader picks its parser by the Content-Type. Parameters may come in any order, and Prometheus' own `escaping` beside
them is accepted. Section: "Overall Structure".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.metrics.helpers.format_findings import media_type


@rule(
    Good("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\n\na 1\n# EOF\n"),
    Good("Content-Type: application/openmetrics-text;charset=UTF-8;version=1.0.0;escaping=values\n\na 1\n# EOF\n"),
    Bad("Content-Type: \n\na 1\n# EOF\n", "the response has no Content-Type"),
    Bad("Content-Type: text/plain\n\na 1\n# EOF\n", "OpenMetrics is sent as `text/plain`"),
    Bad(
        "Content-Type: application/openmetrics-text\n\na 1\n# EOF\n",
        "the Content-Type has no `version`, which must be 1.0.0",
        "the Content-Type has no `charset`, which must be utf-8",
    ),
    Bad(
        "Content-Type: application/openmetrics-text; version=0.0.1; charset=utf-8\n\na 1\n# EOF\n",
        "the Content-Type has `version=0.0.1` instead of `version=1.0.0`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#overall-structure",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    sent = exposition.content_type
    if sent is None:
        raise NotApplicable("the exposition was not read from a response")
    name, parameters = media_type(sent)
    hint = "send `Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8`"
    if name != "application/openmetrics-text":
        yield Finding(f"OpenMetrics is sent as `{name}`" if name else "the response has no Content-Type", hint=hint)
        return
    for key, expected in (("version", "1.0.0"), ("charset", "utf-8")):
        value = parameters.get(key)
        if value is None:
            yield Finding(f"the Content-Type has no `{key}`, which must be {expected}", Where(excerpt=sent), hint)
        elif value.lower() != expected:
            yield Finding(
                f"the Content-Type has `{key}={value}` instead of `{key}={expected}`", Where(excerpt=sent), hint
            )
