"""OpenMetrics requested without a version is answered in version 1.0.0.

Section "Protocol Negotiation" of OpenMetrics 1.0 makes this a MUST. It can only be judged by negotiation, and is a
SHOULD here: Prometheus always names a version, and Go's client library answers version 0.0.1 in this case.
"""

from collections.abc import Iterator

from stack.records.scrape.negotiation import OPENMETRICS_ANY, ContentType, Negotiation
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good(
        "HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\n"
        "X-Accept: application/openmetrics-text\n\n# EOF\n"
    ),
    Good(  # `openmetrics-content-type` reports it
        "HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text; version=9.0.0\nX-Accept: */*\n\n# EOF\n=====\n"
        "HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text; version=9.0.0\n"
        "X-Accept: application/openmetrics-text\n\n# EOF\n"
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text; version=0.0.1; charset=utf-8\n"
        "X-Accept: application/openmetrics-text\n\n# EOF\n",
        "asked for OpenMetrics without a version, the endpoint answers version `0.0.1` instead of `1.0.0`",
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text; version=1.0.0\n\n# EOF\n=====\n"
        "HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text; version=9.0.0\nX-Accept: */*\n\n# EOF\n=====\n"
        "HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text; version=9.0.0\n"
        "X-Accept: application/openmetrics-text\n\n# EOF\n",
        "asked for OpenMetrics without a version, the endpoint answers version `9.0.0` instead of `1.0.0`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#protocol-negotiation",
)
def check(negotiation: Negotiation) -> Iterator[Finding]:
    offered = False
    usual = [answer.content_type for answer in negotiation.answers[:1] if answer.accept != OPENMETRICS_ANY]
    for answer in negotiation.asked(OPENMETRICS_ANY):
        try:
            content_type = ContentType.parse(answer.content_type or "")
        except ValueError:
            continue
        if not answer.ok or content_type.media_type != OPENMETRICS_ANY:
            continue
        offered = True
        version = content_type.get("version")
        if version != "1.0.0" and (version in (None, "0.0.1") or answer.content_type not in usual):
            sent = f"version `{version}`" if version else "no version"
            yield Finding(
                f"asked for OpenMetrics without a version, the endpoint answers {sent} instead of `1.0.0`",
                Where(url=answer.url, excerpt=answer.content_type),
                "answer `application/openmetrics-text; version=1.0.0; charset=utf-8` unless another is asked for",
            )
    if not offered:
        raise NotApplicable("the service does not offer OpenMetrics when no version is named")
