"""A terminal ends when its session does.

A shell on a host is worth more than every page: one that outlives the sign-out is open to whoever sits down next.
"""

from collections.abc import Iterator

from stack.records.console.sessions import ConsoleTerminal
from suites.console.helpers.sessions import over
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("{opened: true, ended: true}"),
    Bad("{opened: true, ended: false}", "a terminal goes on after its account signed out"),
    Unjudged(
        "{opened: true, ended: true, signed_out: 503}",
        NotCollected("whether the session is over is not known: answered with 503 after sign-out"),
    ),
    Unjudged("{opened: false}", NotCollected("no terminal could be opened")),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/WebSocket_Security_Cheat_Sheet.html",
)
def check(terminal: ConsoleTerminal) -> Iterator[Finding]:
    if not terminal.opened:
        raise NotCollected("no terminal could be opened")
    over(terminal.signed_out)
    if not terminal.ended:
        yield Finding(
            "a terminal goes on after its account signed out",
            hint="ask every few seconds whether the session of a terminal still exists, and end the shell if not",
        )
