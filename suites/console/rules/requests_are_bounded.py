"""What asks for too much is refused, with the bound in the answer.

A range of a year or a step of a millisecond takes memory and time from everybody else, at the console and behind it.
"""

import json
import re
from collections.abc import Iterator

from stack.records.console.requests import Answer, ConsoleBounds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("refused: [{request: 'GET /logs?since=365d', status: 422, body: the range is longer than 31 days}]"),
    # That a name in the path has the same digits says nothing.
    Good(
        "refused: [{request: 'GET /logs/own-6d31f8?since=365d', status: 422, body: the range is longer than 31 days}]"
    ),
    Bad(
        "refused: [{request: 'GET /logs?since=365d', status: 200}, {request: 'GET /logs?limit=10000000', status: 504}, "
        "{request: 'GET /logs?limit=9999', status: 422}, {request: 'GET /logs?since=365d', status: 422, "
        'body: \'{"status": 422, "detail": "365d is too long", "request_id": "trial-0123456789abcdef"}\'}]',
        "`GET /logs?since=365d` is answered with 200 instead of being refused",
        "`GET /logs?limit=10000000` is answered with 504 instead of being refused",
        "the refusal of `GET /logs?limit=9999` does not say what is allowed",
        "the refusal of `GET /logs?since=365d` does not say what is allowed",
    ),
    level=Level.MUST,
    source="https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",
)
def check(bounds: ConsoleBounds) -> Iterator[Finding]:
    if not bounds.refused:
        raise NotApplicable("nothing too large was asked for")
    for answer in bounds.refused:
        where = Where(url=answer.request.partition(" ")[2], excerpt=answer.body)
        if answer.status not in (400, 413, 414, 422, 431):
            yield Finding(
                f"`{answer.request}` is answered with {answer.status} instead of being refused",
                where,
                hint="set an upper bound, and answer 422 beyond it",
            )
        elif not _bounds(answer):
            yield Finding(
                f"the refusal of `{answer.request}` does not say what is allowed",
                where,
                hint="name the bound in `detail`",
            )


def _bounds(answer: Answer) -> set[str]:
    """The numbers that the refusal tells and the query did not have; the id of the request is none of them."""
    try:
        text = str(json.loads(answer.body)["detail"])
    except (ValueError, KeyError, TypeError):
        text = answer.body
    number = re.compile(r"\d[\d,.]*")
    return set(number.findall(text)) - set(number.findall(answer.request.partition("?")[2])) - {str(answer.status)}
