"""A live tail that was cut off repeats no line.

Counting what one sees is how errors are judged by eye: a line that comes twice is an event that never was.
"""

from collections.abc import Iterator

from stack.records.console.lines import ConsoleTails
from suites.console.helpers.tails import twice
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("tails: [{over: events, written: 3, got: [1, 2, 3]}]"),
    Bad(
        "tails: [{over: events, written: 3, got: [1, 2, 2, 3]}]",
        "over events lines 2 came more than once",
    ),
    Unjudged(
        "tails: [{over: events, written: 3, got: []}, {over: WebSocket without a cut, written: 3, got: [1], cuts: 0}]",
        NotCollected("no tail that was cut off delivered a line"),
    ),
    level=Level.MUST,
    source="https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header",
)
def check(tails: ConsoleTails) -> Iterator[Finding]:
    for tail in tails.tails:
        if wrong := twice(tail):
            yield Finding(
                f"over {tail.over} lines {wrong} came more than once",
                hint="begin behind the last id that the client names, and leave out lines that were sent already",
            )
    if tails.tails and not any(tail.cuts and tail.got for tail in tails.tails):
        raise NotCollected("no tail that was cut off delivered a line")
