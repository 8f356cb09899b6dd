"""Every endpoint answers the accounts that may use it, and no other.

A check that is left out on one of forty endpoints is what intruders look for; one that is too strict locks out people
who need it during an incident.
"""

from collections.abc import Iterator

from stack.records.console.access import REFUSED, ConsoleAccess
from suites.console.helpers.endpoints import EVERYONE, NEEDS, may
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good(
        "asked: [{endpoint: GET /api/v1/users, account: nobody, status: 401}, "
        "{endpoint: GET /api/v1/users, account: viewer, status: 403}, "
        "{endpoint: GET /api/v1/users, account: admin, status: 200}, "
        "{endpoint: POST /api/v1/silences, account: operator, status: 422}]"
    ),
    Bad(
        "asked: [{endpoint: GET /api/v1/users, account: nobody, status: 200}, "
        "{endpoint: WS /api/v1/ws/metrics, account: nobody, status: 101}, "
        "{endpoint: GET /api/v1/users, account: operator, status: 200}, "
        "{endpoint: GET /api/v1/users, account: admin, status: 403}]",
        "`GET /api/v1/users` answers nobody with 200; it needs admin",
        "`WS /api/v1/ws/metrics` answers nobody with 101; it needs viewer",
        "`GET /api/v1/users` answers operator with 200; it needs admin",
        "`GET /api/v1/users` refuses admin with 403; admin may use it",
    ),
    Unjudged(
        "asked: [{endpoint: GET /api/v2/users, account: viewer, status: 200}]",
        NotCollected("nothing says who may use any of the endpoints, see `console/endpoints-are-known`"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html#validate-the-permissions-on-every-request",
)
def check(access: ConsoleAccess) -> Iterator[Finding]:
    known = [one for one in access.asked if one.endpoint in NEEDS]
    if access.asked and not known:
        raise NotCollected("nothing says who may use any of the endpoints, see `console/endpoints-are-known`")
    for one in known:
        need = NEEDS[one.endpoint]
        where = Where(url=one.endpoint.partition(" ")[2])
        if may(one.account, need):
            if one.status in REFUSED:
                allowed = "everyone" if need == EVERYONE else one.account
                yield Finding(
                    f"`{one.endpoint}` refuses {one.account} with {one.status}; {allowed} may use it",
                    where,
                    hint="compare the role that the endpoint asks for with the documentation",
                )
        elif one.status not in REFUSED:
            yield Finding(
                f"`{one.endpoint}` answers {one.account} with {one.status}; it needs {need}",
                where,
                hint="let the endpoint depend on the role, as the others in stack/console/api do",
            )
