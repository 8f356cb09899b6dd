"""A live tail shows a line soon after it is stored.

Whoever restarts a service and watches for its first error looks at the tail, and takes silence for success.
"""

from collections.abc import Iterator
from statistics import median

from stack.records.console.lines import ConsoleTails
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, rule

LATEST_S = 2.0


@rule(
    Good("tails: [{over: WebSocket, written: 1, got: [1]}]\nbehind_s: [0.1, 0.3, 3.1]"),
    Bad(
        "tails: [{over: WebSocket, written: 1, got: [1]}]\nbehind_s: [2.6, 0.4, 4.0]",
        "half of the lines came 2.6 s or more after the log store had them",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/loki/latest/reference/loki-http-api/#stream-logs",
)
def check(tails: ConsoleTails) -> Iterator[Finding]:
    if not tails.behind_s:
        raise NotCollected("no line was followed from the log store to the client")
    if (behind := median(tails.behind_s)) > LATEST_S:
        yield Finding(
            f"half of the lines came {behind:.1f} s or more after the log store had them",
            hint="follow the log store's own tail, and send a line without waiting for others",
        )
