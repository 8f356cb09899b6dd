"""A header of the request does not say who sends it.

Grafana and others take the user's name from a header that a proxy sets. Where the console took it too, whoever reaches
its port would be whoever they want.
"""

from collections.abc import Iterator

from stack.records.console.requests import ConsoleForgeries
from suites.console.helpers.forgeries import accepted
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("genuine: [{what: the same, status: 404}]\nidentities: [{what: X-WEBAUTH-USER, status: 403}]"),
    Bad(
        "genuine: [{what: the same, status: 404}]\n"
        "identities: [{what: X-WEBAUTH-USER, status: 404}, {what: X-WEBAUTH-USER, over: WebSocket, status: 101}]",
        "a request with X-WEBAUTH-USER is answered with 404 over HTTP",
        "a request with X-WEBAUTH-USER is answered with 101 over WebSocket",
    ),
    Unjudged(
        "genuine: [{what: the same, status: 404}]\nidentities: [{what: X-WEBAUTH-USER, status: 429}]",
        NotCollected("1 of 1 forged requests are answered with 429, which is about their number"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/auth-proxy/",
)
def check(forgeries: ConsoleForgeries) -> Iterator[Finding]:
    for one in accepted(forgeries, forgeries.identities):
        yield Finding(
            f"a request with {one.what} is answered with {one.status} over {one.over}",
            hint="take the account from session, token or password only, and let the gateway drop such headers",
        )
