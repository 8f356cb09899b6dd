"""What lies outside of an account's scope looks exactly like what does not exist.

A 403 for one name and a 404 for another tell which services, customers and projects there are.
"""

from collections.abc import Iterator

from stack.records.console.access import Asked, ConsoleScope
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good(
        "asked: [{endpoint: 'GET /api/v1/logs/{service_id}', account: limited, about: own, status: 200}, "
        "{endpoint: 'GET /api/v1/logs/{service_id}', account: limited, about: other, status: 404, body: none}, "
        "{endpoint: 'GET /api/v1/logs/{service_id}', account: limited, about: absent, status: 404, body: none}]"
    ),
    Bad(
        "asked: [{endpoint: 'GET /api/v1/logs/{service_id}', account: limited, about: own, status: 200}, "
        "{endpoint: 'GET /api/v1/logs/{service_id}', account: limited, about: other, status: 403}, "
        "{endpoint: 'GET /api/v1/logs/{service_id}', account: limited, about: absent, status: 404}]",
        "`GET /api/v1/logs/{service_id}` answers limited with 403 outside of its scope, "
        "and with 404 where there is nothing",
    ),
    Bad(
        "asked: [{endpoint: WS /x, account: limited, about: own, status: 200}, "
        "{endpoint: WS /x, account: limited, about: other, status: 404, body: not for you}, "
        "{endpoint: WS /x, account: limited, about: absent, status: 404, body: no such service}]",
        "`WS /x` tells limited with other words that something is outside of its scope than that there is nothing",
    ),
    Bad(
        "asked: [{endpoint: GET /x, account: limited, about: own, status: 200}, "
        "{endpoint: GET /x, account: limited, about: other, status: 200}, "
        "{endpoint: GET /x, account: limited, about: absent, status: 200}]",
        "`GET /x` answers limited with 200 outside of its scope",
    ),
    Unjudged(
        "asked: [{endpoint: GET /x, account: limited, about: own, status: 200}, "
        "{endpoint: GET /x, account: limited, about: other, status: 429}, "
        "{endpoint: GET /x, account: limited, about: absent, status: 429}]",
        NotCollected("no answer is about the scope: `GET /x` is answered with 429"),
    ),
    Unjudged(
        "asked: [{endpoint: GET /x, account: limited, about: own, status: 404}, "
        "{endpoint: GET /x, account: limited, about: other, status: 404}, "
        "{endpoint: GET /x, account: limited, about: absent, status: 404}]",
        NotCollected("no limited account was shown even what it may see"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Insecure_Direct_Object_Reference_Prevention_Cheat_Sheet.html",
)
def check(scope: ConsoleScope) -> Iterator[Finding]:
    absent = {(one.endpoint, one.account): one for one in scope.asked if one.about == "absent"}
    others = [one for one in scope.asked if one.about == "other"]
    pairs = [(one, absent[key]) for one in others if (key := (one.endpoint, one.account)) in absent]
    shown = [pair for pair in pairs if _are_about_the_scope(*pair)]
    for other, same in shown:
        if message := _difference(other, same):
            yield Finding(
                message,
                Where(url=other.endpoint.partition(" ")[2], excerpt=other.body),
                hint="answer both with the same 404, before any server behind the console is asked",
            )
    if others and not any(one.about == "own" and one.status < 400 for one in scope.asked):
        raise NotCollected("no limited account was shown even what it may see")
    if others and not shown:
        raise NotCollected(f"no answer is about the scope: `{others[0].endpoint}` is answered with {others[0].status}")


def _are_about_the_scope(other: Asked, absent: Asked) -> bool:
    return 429 not in (other.status, absent.status) and min(other.status, absent.status) < 500


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
