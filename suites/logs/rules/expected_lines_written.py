"""Requests produce the log lines that the service's contract promises.

Dashboards, alerts and audits are built on certain events with certain fields. A line with the request's id is no proof
that the event itself was logged, at its level and with its fields.
"""

from collections.abc import Iterator

from stack.records.logs.stream import ExpectedLine, LogStream, SentRequest
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.logs.helpers.contract import describe, differences
from suites.logs.helpers.judge import lines_of, require, shape, where
from suites.logs.helpers.requests import lines_of_request

HEAD = "requests: [{id: r-1, path: /jobs, expected: [{level: warning, logger: http, fields: {status: 400}}]}]\n---\n"


@rule(
    Good(HEAD + '{"level":"warn","ts":1,"msg":"refused","logger":"http","request_id":"r-1","status":400}\n'),
    Bad(
        HEAD + '{"level":"info","ts":1,"msg":"refused","logger":"http","request_id":"r-1","status":400}\n',
        "1 of 1 requests `GET /jobs` produced no line with level `warning`, logger `http`, `status` `400`; "
        "the nearest has level `info` (line 1)",
    ),
    Bad(
        HEAD + '{"level":"warn","ts":1,"msg":"other","request_id":"r-2"}\n',
        "1 of 1 requests `GET /jobs` produced no line with level `warning`, logger `http`, `status` `400`",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#which-events-to-log",
)
def check(stream: LogStream) -> Iterator[Finding]:
    promised = [request for request in stream.requests if request.expected]
    if not promised:
        raise NotApplicable("the service's contract promises no particular lines")
    lines_of(stream)
    require(stream, "request_id")
    broken: dict[object, list[tuple[SentRequest, ExpectedLine]]] = {}
    for request in promised:
        lines = lines_of_request(stream, request)
        for line in request.expected:
            if not any(not differences(read.line, line) for read in lines):
                broken.setdefault((shape(request.route), describe(line)), []).append((request, line))
    for cases in broken.values():
        request, promise = cases[0]
        sent = sum(shape(other.route) == shape(request.route) for other in promised)
        text = f"{len(cases)} of {sent} requests `{request.route}` produced no line with {describe(promise)}"
        yield _finding(stream, text, request, promise)


def _finding(stream: LogStream, text: str, request: SentRequest, promise: ExpectedLine) -> Finding:
    lines = [read.line for read in lines_of_request(stream, request)]
    hint = f"log that event for the request, such as `{request.request_id}`, or correct `traffic` in `service.yaml`"
    if not lines:
        return Finding(text, Where(file=stream.lines[0].file), hint)
    nearest = min(lines, key=lambda line: len(differences(line, promise)))
    has = ", ".join(differences(nearest, promise))
    return Finding(f"{text}; the nearest has {has} (line {nearest.number})", where(nearest), hint)
