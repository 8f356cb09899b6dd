"""Another site cannot change anything with the session of a visitor.

A page that somebody opens can send requests to every address that the browser knows a cookie for. The console has to
tell them from its own page by `Origin`, `Sec-Fetch-Site`, and a header that no form can send.
"""

from collections.abc import Iterator

from stack.records.console.requests import ConsoleForgeries
from suites.console.helpers.forgeries import accepted
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("genuine: [{what: the same, status: 404}]\nchanges: [{what: a foreign Origin, status: 403}]"),
    Bad(
        "genuine: [{what: the same, status: 404}]\n"
        "changes: [{what: a foreign Origin, status: 404}, {what: a foreign Origin, over: WebSocket, status: 101}]",
        "a request with a foreign Origin is answered with 404 over HTTP",
        "a request with a foreign Origin is answered with 101 over WebSocket",
    ),
    Unjudged(
        "genuine: [{what: the same, status: 404}]\nchanges: [{what: a foreign Origin, status: 429}]",
        NotCollected("1 of 1 forged requests are answered with 429, which is about their number"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html",
)
def check(forgeries: ConsoleForgeries) -> Iterator[Finding]:
    for one in accepted(forgeries, forgeries.changes):
        yield Finding(
            f"a request with {one.what} is answered with {one.status} over {one.over}",
            hint="refuse changes by cookie without our own Origin, same-origin Sec-Fetch-Site, and a header of our own",
        )
