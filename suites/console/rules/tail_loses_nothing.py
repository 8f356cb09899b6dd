"""A live tail that was cut off goes on without a gap.

Connections are cut by every proxy, laptop lid and restart. Lines that are missing then are missing without a trace.
"""

from collections.abc import Iterator

from stack.records.console.lines import ConsoleTails
from suites.console.helpers.tails import lost
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("tails: [{over: WebSocket, written: 4, got: [1, 2, 3, 4]}]"),
    Bad(
        "tails: [{over: WebSocket, written: 4, got: [1, 4]}]",
        "over WebSocket lines 2, 3 of 4 never came, and nothing says so",
    ),
    level=Level.MUST,
    source="https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header",
)
def check(tails: ConsoleTails) -> Iterator[Finding]:
    for tail in tails.tails:
        if wrong := lost(tail):
            yield Finding(
                f"over {tail.over} lines {wrong} of {tail.written} never came, and nothing says so",
                hint="go on behind the last id that the client names, and count and announce what is left out",
            )
