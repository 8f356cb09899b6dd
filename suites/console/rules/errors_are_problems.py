"""Every error is a problem document that says what is wrong, and shows nothing of the inside.

One form for all of them lets every client show the reason; a traceback shows paths, versions and sometimes values.
"""

import json
from collections.abc import Iterator

from stack.records.console.requests import Answer, ConsoleErrors
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

INSIDE = ("Traceback (most recent call last)", 'File "/', ".py:", "sqlite3.", "site-packages")


@rule(
    Good(
        "answers: [{request: GET /x, status: 404, headers: {content-type: application/problem+json}, "
        'body: \'{"status": 404, "title": "Not Found", "detail": "nothing here"}\'}]'
    ),
    Bad(
        "answers: [{request: GET /x, status: 404, headers: {content-type: text/html}, body: <h1>Not Found</h1>}, "
        "{request: GET /y, status: 500, headers: {content-type: application/problem+json}, "
        'body: \'{"status": 500, "title": "x", "detail": "sqlite3.OperationalError"}\'}, '
        "{request: GET /z, status: 422, headers: {content-type: application/problem+json}, body: '{\"status\": 400}'}]",
        "the error of `GET /x` is `text/html`, not `application/problem+json`",
        "the error of `GET /y` shows the inside of the console: `sqlite3.`",
        "`GET /y` makes the console fail: 500",
        "the error of `GET /z` has no `title` and `detail`, or another status than its answer",
    ),
    level=Level.MUST,
    source="https://www.rfc-editor.org/rfc/rfc9457",
)
def check(errors: ConsoleErrors) -> Iterator[Finding]:
    for answer in errors.answers:
        for problem in _problems(answer):
            yield Finding(
                problem,
                Where(url=answer.request.partition(" ")[2], excerpt=answer.body),
                hint="raise Problem (stack/console/problems.py), which makes the answer; the rest belongs into the log",
            )


def _problems(answer: Answer) -> Iterator[str]:
    if answer.media_type != "application/problem+json":
        yield f"the error of `{answer.request}` is `{answer.media_type}`, not `application/problem+json`"
    shown = next((sign for sign in INSIDE if sign in answer.body), "")
    if shown:
        yield f"the error of `{answer.request}` shows the inside of the console: `{shown}`"
    if answer.status == 500:
        yield f"`{answer.request}` makes the console fail: 500"
    elif answer.media_type == "application/problem+json" and not _complete(answer):
        yield f"the error of `{answer.request}` has no `title` and `detail`, or another status than its answer"


def _complete(answer: Answer) -> bool:
    try:
        told = json.loads(answer.body)
        return bool(told["title"] and told["detail"]) and told["status"] == answer.status
    except (ValueError, KeyError, TypeError):
        return False
