"""Requests that succeed are not logged at level error.

A service that works writes no errors. Where it does, alerts on the error rate fire without cause, are muted, and stay
silent when something breaks.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import Tally, lines_of, quoted, require, where
from suites.logs.helpers.requests import lines_of_request

HEAD = "requests: [{id: r-1, path: /jobs, status: 200}, {id: r-2, path: /fail, status: 500}]\n---\n"

NO_ID = "no line carries the id of a request that succeeded, see `logs/request-id-carried`"


@rule(
    Good(HEAD + '{"level":"info","ts":1,"msg":"m","request_id":"r-1"}\n{"level":"error","ts":2,"request_id":"r-2"}\n'),
    Bad(
        HEAD + '{"level":"error","ts":1,"msg":"cache miss","request_id":"r-1"}\n',
        "request `GET /jobs` was answered 200 and produced an error `cache miss` (line 1)",
    ),
    Unjudged(HEAD + '{"level":"error","ts":2,"request_id":"r-2"}\n', NotApplicable(NO_ID)),
    level=Level.SHOULD,
    source="https://pkg.go.dev/go.uber.org/zap#pkg-constants",
)
def check(stream: LogStream) -> Iterator[Finding]:
    succeeded = [request for request in stream.requests if 0 < request.status < 400]
    if not succeeded:
        raise NotApplicable("no request that succeeded was sent")
    lines_of(stream)
    require(stream, "level", "request_id")
    if not any(lines_of_request(stream, request) for request in succeeded):
        raise NotApplicable(NO_ID)
    tally: Tally[tuple[str, int, str]] = Tally()
    for request in succeeded:
        for line, record in lines_of_request(stream, request):
            if record.is_error:
                tally.add((request.route, request.status, quoted(record.message)), line)
    yield from tally.findings(
        lambda cause, seen: Finding(
            f"request `{cause[0]}` was answered {cause[1]} and produced an error {cause[2]} ({seen})",
            where(seen.first),
            "log what the service coped with at level warning or info",
        )
    )
