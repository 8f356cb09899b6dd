"""Requests of a page of another origin are refused, over HTTP, WebSocket and server-sent events.

Browsers let every page open a WebSocket to every address, cookies included: whoever does not look at `Origin` streams
the logs to any site that an operator visits.
"""

from collections.abc import Iterator

from stack.records.console.requests import ConsoleForgeries
from suites.console.helpers.forgeries import accepted
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("genuine: [{what: the same, status: 404}]\norigins: [{what: a foreign Origin, status: 403}]"),
    Bad(
        "genuine: [{what: the same, status: 404}]\n"
        "origins: [{what: a foreign Origin, status: 404}, {what: a foreign Origin, over: WebSocket, status: 101}]",
        "a request with a foreign Origin is answered with 404 over HTTP",
        "a request with a foreign Origin is answered with 101 over WebSocket",
    ),
    Unjudged(
        "genuine: [{what: the same, status: 404}]\norigins: [{what: a foreign Origin, status: 429}]",
        NotCollected("1 of 1 forged requests are answered with 429, which is about their number"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/WebSocket_Security_Cheat_Sheet.html",
)
def check(forgeries: ConsoleForgeries) -> Iterator[Finding]:
    for one in accepted(forgeries, forgeries.origins):
        yield Finding(
            f"a request with {one.what} is answered with {one.status} over {one.over}",
            hint="compare Origin with the console's own address before a WebSocket or stream is opened",
        )
