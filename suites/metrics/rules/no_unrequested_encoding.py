"""The endpoint uses only encodings that were requested.

Prometheus unpacks gzip and nothing else: it cannot read any other encoding, and a scraper that did not request gzip
cannot read that.
"""

from collections.abc import Iterator

from stack.records.scrape.negotiation import Negotiation
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

NO_ENCODING = ("none", "utf-8", "utf8", "plain", "binary", "8bit", "text", "aws-chunked", "chunked")


@rule(
    Good("HTTP/1.1 200 OK\nContent-Encoding: gzip\nX-Accept-Encoding: gzip\n\n"),
    Good("HTTP/1.1 200 OK\nX-Accept-Encoding: identity\n\n"),
    Bad(
        "HTTP/1.1 200 OK\nContent-Encoding: gzip\nX-Accept-Encoding: identity\n\n",
        "asked for encoding `identity`, the endpoint answers `gzip`",
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Encoding: br\nX-Accept-Encoding: gzip\nX-Error: encoding: unknown\n\n",
        "asked for encoding `gzip`, the endpoint answers `br`",
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Encoding: GZIP\nX-Accept-Encoding: gzip\n\n",
        "asked for encoding `gzip`, the endpoint answers `GZIP`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/content_negotiation/#compression",
)
def check(negotiation: Negotiation) -> Iterator[Finding]:
    reported = set()
    for answer in negotiation.answers:
        asked = answer.accept_encoding or "identity"
        got = (answer.header("content-encoding") or "identity").strip()
        if got.lower() == "identity" or got in asked or (asked, got) in reported:
            continue
        reported.add((asked, got))
        hint = "compress with gzip, and only when `Accept-Encoding` lists it; check the proxy in between"
        if got.lower() in NO_ENCODING:
            hint = f"leave the header out: `{got}` is not the name of a compression"
        elif got.lower() == "gzip" and "gzip" in asked:
            hint = "write `gzip` in lower case: Prometheus compares the text and does not unpack any other spelling"
        yield Finding(f"asked for encoding `{asked}`, the endpoint answers `{got}`", Where(url=answer.url), hint)
