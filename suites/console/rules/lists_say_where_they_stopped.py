"""A list that has more says so, and how to go on.

A page of 500 lines that looks like all of them is how a cause is missed in an incident.
"""

from collections.abc import Iterator

from stack.records.console.requests import ConsoleBounds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, rule


@rule(
    Good("lists: [{request: 'GET /logs/a?limit=2', asked: 2, rows: 2, told: '1795000000000000000'}]"),
    Bad(
        "lists: [{request: 'GET /logs/a?limit=2', asked: 2, rows: 2}, "
        "{request: 'GET /audit?limit=1', asked: 1, rows: 9, told: x}]",
        "`GET /logs/a?limit=2` was cut and does not say where to go on",
        "`GET /audit?limit=1` returns 9 entries where 1 were asked for",
    ),
    level=Level.MUST,
    source="https://cloud.google.com/apis/design/design_patterns#list_pagination",
)
def check(bounds: ConsoleBounds) -> Iterator[Finding]:
    if not bounds.lists:
        raise NotCollected("no list had more than was asked for")
    for one in bounds.lists:
        where = Where(url=one.request.partition(" ")[2])
        if one.rows > one.asked:
            yield Finding(
                f"`{one.request}` returns {one.rows} entries where {one.asked} were asked for",
                where,
                hint="keep to `limit`",
            )
        elif not one.told:
            yield Finding(
                f"`{one.request}` was cut and does not say where to go on",
                where,
                hint="return `next`, from which the following request goes on",
            )
