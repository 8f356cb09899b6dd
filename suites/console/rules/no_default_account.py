"""No account has a password that everybody knows.

Scanners try `admin` with `admin` within hours, inside of a network too.
"""

from collections.abc import Iterator

from stack.records.console.sessions import ConsoleSignIns
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("known: {status: 401}\nunknown: {status: 401}\ntried: [admin, root]"),
    Bad(
        "known: {status: 401}\nunknown: {status: 401}\ntried: [admin, root]\naccepted: [admin]",
        "the account `admin` has a password that everybody knows",
    ),
    Unjudged(
        "known: {status: 404}\nunknown: {status: 404}",
        NotCollected("no usual password was looked at: the console takes no passwords, or has locked this address out"),
    ),
    level=Level.MUST,
    source="https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/04-Authentication_Testing/02-Testing_for_Default_Credentials",
)
def check(sign_ins: ConsoleSignIns) -> Iterator[Finding]:
    if not sign_ins.tried and not sign_ins.accepted:
        raise NotCollected(
            "no usual password was looked at: the console takes no passwords, or has locked this address out"
        )
    for name in sign_ins.accepted:
        yield Finding(
            f"the account `{name}` has a password that everybody knows",
            hint="change it, and let the console refuse such passwords",
        )
