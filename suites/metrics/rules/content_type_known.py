"""The Content-Type names an exposition format.

Prometheus 3 fails the scrape when the Content-Type is missing, malformed or of another kind; version 2 guessed. Its
parameters are judged by the rules on each format.
"""

from collections.abc import Iterator

from stack.records.scrape.negotiation import MEDIA_TYPES, ContentType, Negotiation
from stack.records.scrape.scrape import Scrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

HINT = "send `text/plain; version=0.0.4; charset=utf-8`, or the type of the format that was negotiated"


@rule(
    Good("HTTP/1.1 200 OK\nContent-Type: text/plain; version=0.0.4; charset=utf-8\n\n"),
    Good("HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\n\n# EOF\n"),
    Bad("HTTP/1.1 200 OK\n\na_jobs 1\n", "the answer has no Content-Type, so Prometheus 3 fails the scrape"),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{}",
        "the answer is of type `application/json`, so Prometheus 3 fails the scrape",
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Type: text/html\n\na_jobs 1\n",
        "the answer has two Content-Type headers, `text/plain` and `text/html`",
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: text\n\n",
        "the Content-Type `text` is malformed, so Prometheus 3 fails the scrape",
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<html>",
        "the answer is a web page (`text/html`), so Prometheus 3 fails the scrape",
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: text/plain;;charset=utf-8\n\na_jobs 1\n",
        "the Content-Type `text/plain;;charset=utf-8` is malformed, so Prometheus 3 fails the scrape",
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: application/json\nX-Error: encoding: br\n\n",
        "the answer is of type `application/json`, so Prometheus 3 fails the scrape",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/migration/#scrape-protocols",
)
def check(negotiation: Negotiation) -> Iterator[Finding]:
    faults: dict[str, str] = {}
    for answer in negotiation.answers:
        fault = _fault(answer) if answer.status == 200 and answer.error_kind in (None, "encoding") else None
        if fault:
            faults.setdefault(fault, answer.url)
    for fault, url in faults.items():
        yield Finding(fault, Where(url=url), HINT)


def _fault(answer: Scrape) -> str | None:
    sent = list(dict.fromkeys(value for name, value in answer.headers if name == "content-type"))
    if len(sent) > 1:  # Prometheus reads the first, other clients the last or both
        return f"the answer has two Content-Type headers, `{sent[0]}` and `{sent[1]}`"
    header = answer.content_type
    failing = "so Prometheus 3 fails the scrape"
    if not header:
        return f"the answer has no Content-Type, {failing}"
    try:
        kind = ContentType.parse(header).media_type
    except ValueError:
        return f"the Content-Type `{header}` is malformed, {failing}"
    if kind in MEDIA_TYPES:
        return None
    what = f"a web page (`{kind}`)" if kind in ("text/html", "application/xhtml+xml") else f"of type `{kind}`"
    return f"the answer is {what}, {failing}"
