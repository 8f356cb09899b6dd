"""The endpoint compresses its answer when gzip is requested.

Expositions shrink to a tenth: with some hundred services that is most of the traffic of monitoring. Bodies below one
kilobyte are not judged.
"""

from collections.abc import Iterator

from stack.records.scrape.negotiation import Negotiation
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

WORTH_IT = 1024


@rule(
    Good("HTTP/1.1 200 OK\nContent-Encoding: gzip\nX-Accept-Encoding: gzip\nX-Size: 5000\n\n"),
    Bad(
        "HTTP/1.1 200 OK\nX-Accept-Encoding: gzip\nX-Size: 5000\n\n",
        "asked for gzip, the endpoint sends its 5000 bytes uncompressed",
    ),
    Unjudged(
        "HTTP/1.1 200 OK\nX-Accept-Encoding: gzip\nX-Size: 100\n\n",
        NotApplicable("the body is too small to be worth compressing"),
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/content_negotiation/#compression",
)
def check(negotiation: Negotiation) -> Iterator[Finding]:
    asked = [answer for answer in negotiation.answers if answer.ok and "gzip" in (answer.accept_encoding or "")]
    if not asked:
        raise NotApplicable("no answer to a request that accepts gzip")
    answer = asked[0]
    if (answer.header("content-encoding") or "").lower() != "gzip":
        if answer.size < WORTH_IT:
            raise NotApplicable("the body is too small to be worth compressing")
        yield Finding(
            f"asked for gzip, the endpoint sends its {answer.size} bytes uncompressed",
            Where(url=answer.url),
            "use the client library's HTTP handler, or let the framework's gzip middleware cover the metrics endpoint",
        )
