"""Lists show an account only what it may see.

A list is where a scope is forgotten most easily: every single object may be guarded, and the overview names them all.
"""

from collections.abc import Iterator

from stack.records.console.access import ConsoleListings
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("allowed: [billing]\nshown: [{request: GET /api/v1/logs/services, services: [billing]}]"),
    Bad(
        "allowed: [billing]\nshown: [{request: GET /api/v1/logs/services, services: [billing, payroll]}]",
        "`GET /api/v1/logs/services` shows `payroll` to an account that may see `billing` only",
    ),
    Unjudged(
        "allowed: [billing]\nshown: [{request: GET /api/v1/containers, services: []}]",
        NotCollected("no list named any service, not even one that the account may see"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html#enforce-least-privileges",
)
def check(listings: ConsoleListings) -> Iterator[Finding]:
    for shown in listings.shown:
        for service in shown.services:
            if service not in listings.allowed:
                yield Finding(
                    f"`{shown.request}` shows `{service}` to an account that may see "
                    f"`{', '.join(listings.allowed)}` only",
                    Where(url=shown.request.partition(" ")[2]),
                    hint="leave out of the list what the account's scope does not allow",
                )
    if not any(shown.services for shown in listings.shown):
        raise NotCollected("no list named any service, not even one that the account may see")
