"""Live streams end when their session does.

A stream that was opened before sign-out would otherwise go on for whoever sits at the screen, or for an account that
was disabled for a reason.
"""

from collections.abc import Iterator

from stack.records.console.sessions import ConsoleSession
from suites.console.helpers.sessions import over
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("{cookie: c, signed_out: 401, streams: [{stream: WS /api/v1/ws/logs, ended: true}]}"),
    Bad(
        "{cookie: c, signed_out: 401, streams: [{stream: WS /api/v1/ws/logs, ended: false}]}",
        "`WS /api/v1/ws/logs` goes on after sign-out",
    ),
    Unjudged(
        "{cookie: c, signed_out: 503, streams: [{stream: WS /api/v1/ws/logs, ended: true}]}",
        NotCollected("whether the session is over is not known: answered with 503 after sign-out"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/WebSocket_Security_Cheat_Sheet.html",
)
def check(session: ConsoleSession) -> Iterator[Finding]:
    if session.signed_out is None or not session.streams:
        raise NotCollected("no stream was open at sign-out")
    over(session.signed_out)
    for one in session.streams:
        if not one.ended:
            yield Finding(
                f"`{one.stream}` goes on after sign-out",
                hint="ask every few seconds whether the session of a stream still exists, and end the stream if not",
            )
