"""No cache keeps an answer of the API.

Log lines that a proxy or the browser's disk keeps are readable after sign-out, and by the next who uses the machine.
"""

from collections.abc import Iterator

from stack.records.console.requests import ConsoleHeaders
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("answers: [{request: GET /api/v1/session, status: 200, headers: {cache-control: no-store}}]"),
    Bad(
        "answers: [{request: GET /api/v1/session, status: 200, headers: {cache-control: max-age=60}}]",
        "the answer to `GET /api/v1/session` may be kept: `cache-control: max-age=60`",
    ),
    level=Level.MUST,
    source="https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.5",
)
def check(headers: ConsoleHeaders) -> Iterator[Finding]:
    answers = [answer for answer in headers.answers if "/api/" in answer.request]
    if not answers:
        raise NotApplicable("no endpoint of the API was asked")
    for answer in answers:
        control = answer.headers.get("cache-control", "")
        if "no-store" not in control.lower():
            yield Finding(
                f"the answer to `{answer.request}` may be kept: `cache-control: {control}`",
                Where(url=answer.request.partition(" ")[2]),
                hint="send `Cache-Control: no-store` with every answer below /api/",
            )
