"""The log lines of a request have its request id.

The id joins the lines of several services to one request. Where a service drops it or makes up a new one, the request
cannot be traced any further.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream, SentRequest
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import lines_of, require, shape, where
from suites.logs.helpers.requests import key_of, lines_of_request, logged_requests, mentions, unreadable

HEAD = "requests: [{id: r-1, path: /jobs}, {id: r-2, path: /jobs}]\n---\n"

UNREADABLE = (
    "only lines that cannot be read have the ids, see `logs/no-plain-text-lines` and `logs/one-json-object-per-line`"
)


@rule(
    Good(HEAD + '{"ts":1,"msg":"m","request_id":"r-1"}\n{"ts":2,"msg":"m","request_id":"r-2"}\n'),
    Good(HEAD + 'GET /jobs r-1 as plain text\n{"ts":2,"msg":"m","request_id":"r-2"}\n'),
    Bad(
        HEAD + '{"ts":1,"msg":"m","request_id":"r-1"}\n',
        "1 of 2 requests `GET /jobs` produced no line with its id, such as `r-2`",
    ),
    Bad(
        HEAD + '{"ts":1,"msg":"r-1 r-2","request_id":"new"}\n',
        "2 of 2 requests `GET /jobs` produced no line with its id, such as `r-1`, which is under `msg`",
    ),
    Unjudged(HEAD + "GET /jobs r-1 as plain text\nGET /jobs r-2 as plain text\n{}\n", NotApplicable(UNREADABLE)),
    level=Level.MUST,
    convention=True,
    source="https://www.elastic.co/guide/en/ecs/current/ecs-http.html",
)
def check(stream: LogStream) -> Iterator[Finding]:
    due = logged_requests(stream)
    lines_of(stream)
    require(stream, "request_id")
    lost: dict[object, list[SentRequest]] = {}
    for request in due:
        in_no_object = request.request_id.encode() in stream.derived(unreadable)
        if not lines_of_request(stream, request) and not in_no_object:
            lost.setdefault(shape(request.route), []).append(request)
    if not lost and not any(lines_of_request(stream, request) for request in due):
        raise NotApplicable(UNREADABLE)
    for route, requests in lost.items():
        sent = sum(shape(request.route) == route for request in due)
        yield _finding(stream, requests, sent)


def _finding(stream: LogStream, lost: list[SentRequest], sent: int) -> Finding:
    sample = lost[0].request_id
    line = mentions(stream, sample)
    key = line and key_of(line, sample)
    elsewhere = f", which is under `{key}`" if key else ""
    wanted = stream.format.request_id[0] if stream.format else "request_id"
    return Finding(
        f"{len(lost)} of {sent} requests `{lost[0].route}` produced no line with its id, such as `{sample}`{elsewhere}",
        where(line) if line else Where(file=stream.lines[0].file),
        f"read the header `X-Request-ID` in a middleware, bind it as `{wanted}` to the request's logger, and write at "
        "least one line per request",
    )
