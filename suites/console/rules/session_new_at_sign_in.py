"""Each sign-in opens a session of its own, and ends the one that the browser had.

An id that was there before sign-in may be known to whoever planted it; one that stays valid behind a new sign-in is a
key that nobody takes back.
"""

from collections.abc import Iterator

from stack.records.console.access import REFUSED
from stack.records.console.sessions import ConsoleSession
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("{cookie: c, planted: 401, before: 401}"),
    Bad(
        "{cookie: c, planted: 200, before: 200, same_id: true}",
        "an id that the client chose is a session after sign-in",
        "two sign-ins give the same id",
        "the earlier id is still a session after the browser signed in again",
    ),
    Unjudged("{cookie: c, before: 401}", NotCollected("not every sign-in succeeded")),
    Unjudged(
        "{cookie: c, planted: 401, before: 429}",
        NotCollected("whether an earlier id is a session is not known: answered with 429"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html#renew-the-session-id-after-any-privilege-level-change",
)
def check(session: ConsoleSession) -> Iterator[Finding]:
    asked = (session.planted, session.before)
    problems = {
        "an id that the client chose is a session after sign-in": (session.planted or 401) < 400,
        "two sign-ins give the same id": session.same_id,
        "the earlier id is still a session after the browser signed in again": (session.before or 401) < 400,
    }
    for problem, there in problems.items():
        if there:
            yield Finding(
                problem, hint="make a new random id at each sign-in, and delete the session of the cookie sent"
            )
    for status in asked:
        if status is None:
            raise NotCollected("nobody signed in twice" if not any(asked) else "not every sign-in succeeded")
        if status >= 400 and status not in REFUSED:
            raise NotCollected(f"whether an earlier id is a session is not known: answered with {status}")
