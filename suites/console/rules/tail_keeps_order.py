"""A live tail delivers lines in the order of their times.

Cause and effect are read from top to bottom.
"""

from collections.abc import Iterator

from stack.records.console.lines import ConsoleTails
from suites.console.helpers.tails import late
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("tails: [{over: WebSocket, written: 3, got: [1, 2, 3]}]"),
    Bad(
        "tails: [{over: WebSocket, written: 3, got: [2, 1, 3]}]",
        "over WebSocket lines 1 came behind later ones",
    ),
    level=Level.MUST,
    source="https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header",
)
def check(tails: ConsoleTails) -> Iterator[Finding]:
    for tail in tails.tails:
        if wrong := late(tail):
            yield Finding(
                f"over {tail.over} lines {wrong} came behind later ones",
                hint="sort what is sent together by time",
            )
