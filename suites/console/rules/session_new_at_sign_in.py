"""Each sign-in opens a session of its own, and ends the one that the browser had.

An id that was there before sign-in may be known to whoever planted it; one that stays valid behind a new sign-in is a
key that nobody takes back.
"""

from collections.abc import Iterator

from stack.records.console.sessions import ConsoleSession
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, rule


@rule(
    Good("{cookie: c, planted: 401, before: 401}"),
    Bad(
        "{cookie: c, planted: 200, before: 200, same_id: true}",
        "an id that the client chose is a session after sign-in",
        "two sign-ins give the same id",
        "the earlier id is still a session after the browser signed in again",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html#renew-the-session-id-after-any-privilege-level-change",
)
def check(session: ConsoleSession) -> Iterator[Finding]:
    if session.planted is None or session.before is None:
        raise NotCollected("nobody signed in twice")
    problems = {
        "an id that the client chose is a session after sign-in": session.planted < 400,
        "two sign-ins give the same id": session.same_id,
        "the earlier id is still a session after the browser signed in again": session.before < 400,
    }
    for problem, there in problems.items():
        if there:
            yield Finding(
                problem, hint="make a new random id at each sign-in, and delete the session of the cookie sent"
            )
