"""The endpoint answers in a format that `Accept` allows.

`Accept` lists what the scraper can read. A scraper that accepts only the text format must not get OpenMetrics, and an
unknown media type is no reason to fail: the text format is always accepted.
"""

from collections.abc import Iterator, Sequence

from stack.records.exposition.body import in_text_format
from stack.records.scrape.negotiation import MEDIA_TYPES, OPENMETRICS_ANY, ContentType, Negotiation
from stack.records.scrape.scrape import Scrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule

FALLBACK = "text/plain"


@rule(
    Good("HTTP/1.1 200 OK\nContent-Type: text/plain; version=0.0.4\nX-Accept: text/plain;version=0.0.4\n\n"),
    Good("HTTP/1.1 200 OK\nContent-Type: text/plain; version=0.0.4\nX-Accept: application/openmetrics-text\n\n"),
    Good(
        "HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text; version=1.0.0\n"
        "X-Accept: text/plain;version=0.0.4\n\n# TYPE a_total counter\na_total 1\n"
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text; version=1.0.0\n"
        "X-Accept: text/plain;version=0.0.4\n\n",
        "asked for `text/plain;version=0.0.4`, the endpoint answers `application/openmetrics-text; version=1.0.0`",
    ),
    Bad(  # it has the end of OpenMetrics, so only a name is wrong
        "HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text; version=1.0.0\n"
        "X-Accept: text/plain;version=0.0.4\n\n# TYPE a_total counter\na_total 1\n" + 999 * "a 1\n" + "# EOF\n",
        "asked for `text/plain;version=0.0.4`, the endpoint answers `application/openmetrics-text; version=1.0.0`",
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: text/plain\n\na 1\n=====\n"
        "HTTP/1.1 200 OK\nContent-Type: application/openmetrics-text\nX-Accept: application/openmetrics-text\n\n"
        "# TYPE a_total counter\na_total 1\n",
        "asked for `application/openmetrics-text`, the endpoint answers the text format as "
        "`application/openmetrics-text`",
    ),
    Bad(
        "HTTP/1.1 406 Not Acceptable\nX-Accept: application/openmetrics-text\n\n",
        "asked for `application/openmetrics-text`, the endpoint answers status 406 Not Acceptable",
    ),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: application/vnd.google.protobuf\nX-Accept: text/plain\n\n=====\n"
        "HTTP/1.1 200 OK\nContent-Type: application/vnd.google.protobuf\nX-Accept: application/openmetrics-text\n\n",
        "asked for `text/plain` and for `application/openmetrics-text`, the endpoint answers "
        "`application/vnd.google.protobuf`",
    ),
    Unjudged(
        "HTTP/1.1 200 OK\nContent-Encoding: br\nX-Error: encoding: unknown\nX-Accept: text/plain\n\n",
        NotCollected("the answer is in encoding `br`, which was not requested"),
    ),
    Unjudged(
        "HTTP/1.1 200 OK\nContent-Type: text/plain\nX-Accept: text/plain;q=0.3,*/*;q=0.2\n\n",
        NotCollected("only requests that accept any format were answered"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/content_negotiation/#selection-of-format",
)
def check(negotiation: Negotiation) -> Iterator[Finding]:
    faults: dict[str, list[Scrape]] = {}
    # In what Prometheus gets, `openmetrics-eof` reports that the Content-Type is wrong.
    reported = any(map(_mislabelled, negotiation.answers[:1]))
    for answer in negotiation.answers:
        fault = None if reported and _mislabelled(answer) else _fault(answer)
        if fault:
            faults.setdefault(fault, []).append(answer)
    if not faults:
        _require_choice(negotiation.answers)
    for fault, answers in faults.items():
        asked = " and for ".join(f"`{answer.accept}`" for answer in answers)
        yield Finding(
            f"asked for {asked}, the endpoint answers {fault}",
            Where(url=answers[0].url),
            "use the client library's HTTP handler, which negotiates; where nothing in `Accept` suits, answer "
            "`text/plain; version=0.0.4`",
        )


def _require_choice(answers: Sequence[Scrape]) -> None:
    """Raise NotCollected where no answer could have been in a wrong format."""
    read = [answer for answer in answers if answer.error_kind != "encoding"]
    if answers and not read:
        encoding = answers[0].header("content-encoding")
        raise NotCollected(f"the answer is in encoding `{encoding}`, which was not requested")
    if read and all("*/*" in (answer.accept or "*/*") for answer in read):
        raise NotCollected("only requests that accept any format were answered")


def _mislabelled(answer: Scrape) -> bool:
    """It is in the text format, and sent as OpenMetrics."""
    media_type = (answer.content_type or "").partition(";")[0].strip().lower()
    return answer.ok and media_type == OPENMETRICS_ANY and in_text_format(f"{answer.head}\n{answer.end}")


def _fault(answer: Scrape) -> str | None:
    if answer.error_kind == "encoding":
        return None  # `no-unrequested-encoding` reports it
    if answer.error is not None:
        return f"nothing usable: {answer.error}"
    if answer.status != 200:
        return f"status {answer.status} {answer.reason}".rstrip()
    try:
        kind = ContentType.parse(answer.content_type or "").media_type
    except ValueError:
        return None  # `content-type-known` reports it
    if _mislabelled(answer):
        return f"the text format as `{answer.content_type}`"
    accept = (answer.accept or "*/*").lower()
    wanted = kind in accept or "*/*" in accept or kind == FALLBACK
    return None if wanted or kind not in MEDIA_TYPES else f"`{answer.content_type}`"
