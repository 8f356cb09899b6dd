"""Every endpoint of the console is in the table of who may use it.

An endpoint that nobody thought about has no role that was decided on, and none of the other rules knows what to ask
of it.
"""

from collections.abc import Iterator

from stack.records.console.access import ConsoleContract
from suites.console.helpers.endpoints import NEEDS
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("endpoints: [GET /api/v1/users, WS /api/v1/ws/metrics]"),
    Bad(
        "endpoints: [GET /api/v1/users, POST /api/v1/shell]",
        "nothing says who may use `POST /api/v1/shell`",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html#deny-by-default",
)
def check(contract: ConsoleContract) -> Iterator[Finding]:
    if not contract.endpoints:
        raise NotApplicable("the contract of this console has no endpoint")
    for endpoint in contract.endpoints:
        if endpoint not in NEEDS:
            yield Finding(
                f"nothing says who may use `{endpoint}`",
                Where(file="suites/console/helpers/endpoints.py"),
                hint="decide which role it needs, and add it to NEEDS in suites/console/helpers/endpoints.py",
            )
