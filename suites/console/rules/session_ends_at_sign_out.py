"""A session is over when its account signs out.

Deleting the cookie ends it in one browser only: a copy of the id must be worth nothing.
"""

from collections.abc import Iterator

from stack.records.console.sessions import ConsoleSession
from suites.console.helpers.sessions import over
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("{cookie: c, signed_in: 200, signed_out: 401}"),
    Bad(
        "{cookie: c, signed_in: 200, signed_out: 200}",
        "the id of a session is still answered with 200 after sign-out",
    ),
    Unjudged(
        "{cookie: c, signed_in: 200, signed_out: 503}",
        NotCollected("whether the session is over is not known: answered with 503 after sign-out"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html#session-expiration",
)
def check(session: ConsoleSession) -> Iterator[Finding]:
    if session.signed_out is None or session.signed_in >= 400:
        raise NotCollected("nobody signed in and out")
    if session.signed_out < 400:
        yield Finding(
            f"the id of a session is still answered with {session.signed_out} after sign-out",
            hint="keep sessions on the server, and delete the row at sign-out",
        )
    else:
        over(session.signed_out)
