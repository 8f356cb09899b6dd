"""Requests that fail with a server error are logged at level error.

The caller sees only the 500. Without a line at level error that has the request's id, the log neither reports the
failure nor explains it.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream, SentRequest
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.logs.helpers.judge import lines_of, require, shape
from suites.logs.helpers.requests import lines_of_request

HEAD = "requests: [{id: r-1, path: /fail, status: 500}, {id: r-2, path: /fail, status: 500}]\n---\n"


@rule(
    Good(HEAD + '{"level":"error","ts":1,"request_id":"r-1"}\n{"level":"error","ts":2,"request_id":"r-2"}\n'),
    Bad(
        HEAD
        + '{"level":"info","ts":1,"msg":"request","request_id":"r-1"}\n{"level":"error","ts":2,"request_id":"r-2"}\n',
        "1 of 2 requests `GET /fail` failed with 500 and produced no line at level error, such as `r-1`",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#which-events-to-log",
)
def check(stream: LogStream) -> Iterator[Finding]:
    failed = [request for request in stream.requests if request.status >= 500 and request.logged]
    if not failed:
        raise NotApplicable("no request that the server fails was sent")
    lines_of(stream)
    require(stream, "level", "request_id")
    silent: dict[object, list[SentRequest]] = {}
    for request in failed:
        if not any(record.is_error for _, record in lines_of_request(stream, request)):
            silent.setdefault(shape((request.route, request.status)), []).append(request)
    for cause, requests in silent.items():
        sent = sum(shape((request.route, request.status)) == cause for request in failed)
        yield Finding(
            f"{len(requests)} of {sent} requests `{requests[0].route}` failed with {requests[0].status} and produced "
            f"no line at level error, such as `{requests[0].request_id}`",
            Where(file=stream.lines[0].file),
            "log the failure at level error in the handler that turns it into the answer, with the request's logger",
        )
