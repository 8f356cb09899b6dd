"""The gateway's front page answers without credentials.

A load balancer's health check and a person who checks that the gateway is up both request it without a password.
"""

from collections.abc import Iterator

from stack.records.live.gateway_trial import GatewayTrial
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{url: 'http://g', routes: [], health: 200}"),
    Bad("{url: 'http://g', routes: [], health: 401}", "`/` answers 401 instead of 200"),
    level=Level.SHOULD,
    source="https://nginx.org/en/docs/http/ngx_http_auth_basic_module.html#auth_basic",
)
def check(gateway: GatewayTrial) -> Iterator[Finding]:
    if gateway.health != 200:
        yield Finding(
            f"`/` answers {gateway.health} instead of 200",
            Where(url=f"{gateway.url}/"),
            hint="set `auth_basic off` in `location = /` and return a static page there, without anything secret",
        )
