"""What lies outside of an account's scope looks exactly like what does not exist.

A 403 for one name and a 404 for another tell which services, customers and projects there are.
"""

from collections.abc import Iterator

from stack.records.console.access import Asked, ConsoleScope
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good(
        "asked: [{endpoint: 'GET /api/v1/logs/{service_id}', account: limited, about: own, status: 200}, "
        "{endpoint: 'GET /api/v1/logs/{service_id}', account: limited, about: other, status: 404, body: none}, "
        "{endpoint: 'GET /api/v1/logs/{service_id}', account: limited, about: absent, status: 404, body: none}]"
    ),
    Bad(
        "asked: [{endpoint: 'GET /api/v1/logs/{service_id}', account: limited, about: other, status: 403}, "
        "{endpoint: 'GET /api/v1/logs/{service_id}', account: limited, about: absent, status: 404}]",
        "`GET /api/v1/logs/{service_id}` answers limited with 403 outside of its scope, "
        "and with 404 where there is nothing",
    ),
    Bad(
        "asked: [{endpoint: WS /x, account: limited, about: other, status: 404, body: not for you}, "
        "{endpoint: WS /x, account: limited, about: absent, status: 404, body: no such service}]",
        "`WS /x` tells limited with other words that something is outside of its scope than that there is nothing",
    ),
    Bad(
        "asked: [{endpoint: GET /x, account: limited, about: other, status: 200}, "
        "{endpoint: GET /x, account: limited, about: absent, status: 200}]",
        "`GET /x` answers limited with 200 outside of its scope",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Insecure_Direct_Object_Reference_Prevention_Cheat_Sheet.html",
)
def check(scope: ConsoleScope) -> Iterator[Finding]:
    absent = {(one.endpoint, one.account): one for one in scope.asked if one.about == "absent"}
    for other in scope.asked:
        same = absent.get((other.endpoint, other.account))
        if other.about != "other" or same is None or (message := _difference(other, same)) is None:
            continue
        yield Finding(
            message,
            Where(url=other.endpoint.partition(" ")[2], excerpt=other.body),
            hint="answer both with the same 404, before any server behind the console is asked",
        )


def _difference(other: Asked, absent: Asked) -> str | None:
    name, who = f"`{other.endpoint}`", other.account
    if other.status != absent.status:
        return (
            f"{name} answers {who} with {other.status} outside of its scope, "
            f"and with {absent.status} where there is nothing"
        )
    if other.body != absent.body:
        return f"{name} tells {who} with other words that something is outside of its scope than that there is nothing"
    if other.status < 400:
        return f"{name} answers {who} with {other.status} outside of its scope"
    return None
