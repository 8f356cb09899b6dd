"""A wrong sign-in does not tell whether there is such an account.

Whoever can ask for names that exist has the half of every password attack that is hard to get.
"""

from collections.abc import Iterator

from stack.records.console.sessions import ConsoleSignIns
from suites.console.helpers.sessions import looked_at
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("known: {status: 401, body: wrong}\nunknown: {status: 401, body: wrong}"),
    Bad(
        "known: {status: 401, body: the password is wrong}\nunknown: {status: 401, body: no such account}",
        "a wrong password and an unknown account are answered differently: 401 'the password is wrong' and 401 "
        "'no such account'",
    ),
    Unjudged(
        "known: {status: 404}\nunknown: {status: 404}",
        NotCollected("a wrong password was not looked at: answered with 404"),
    ),
    Unjudged(
        "known: {status: 401}\nunknown: {status: 429}",
        NotCollected(
            "a wrong password was not looked at: answered with 429; try again when neither the account nor this "
            "address is locked"
        ),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#authentication-and-error-messages",
)
def check(sign_ins: ConsoleSignIns) -> Iterator[Finding]:
    known, unknown = sign_ins.known, sign_ins.unknown
    if known.status < 400 or unknown.status < 400:
        raise NotCollected("a wrong password was accepted, or an account that does not exist")
    looked_at(known, unknown)
    if (known.status, known.body) != (unknown.status, unknown.body):
        yield Finding(
            f"a wrong password and an unknown account are answered differently: {known.status} {known.body!r} and "
            f"{unknown.status} {unknown.body!r}",
            hint="answer both with the same 401, after the same work",
        )
