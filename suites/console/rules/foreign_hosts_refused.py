"""Requests under a foreign host are refused, over HTTP, WebSocket and server-sent events.

A page whose name is pointed at this address (DNS rebinding) is of the same origin as the console in the eyes of the
browser: only the name in `Host` tells them apart.
"""

from collections.abc import Iterator

from stack.records.console.requests import ConsoleForgeries
from suites.console.helpers.forgeries import accepted
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("genuine: [{what: the same, status: 404}]\nhosts: [{what: a foreign Host, status: 403}]"),
    Bad(
        "genuine: [{what: the same, status: 404}]\n"
        "hosts: [{what: a foreign Host, status: 404}, {what: a foreign Host, over: WebSocket, status: 101}]",
        "a request with a foreign Host is answered with 404 over HTTP",
        "a request with a foreign Host is answered with 101 over WebSocket",
    ),
    Unjudged(
        "genuine: [{what: the same, status: 404}]\nhosts: [{what: a foreign Host, status: 429}]",
        NotCollected("1 of 1 forged requests are answered with 429, which is about their number"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html",
)
def check(forgeries: ConsoleForgeries) -> Iterator[Finding]:
    for one in accepted(forgeries, forgeries.hosts):
        yield Finding(
            f"a request with {one.what} is answered with {one.status} over {one.over}",
            hint="answer only the hosts of PUBLIC_URL and CONSOLE_HOSTS",
        )
