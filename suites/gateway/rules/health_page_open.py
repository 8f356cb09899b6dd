"""The gateway's front page answers without credentials.

A load balancer's health check and a person who checks that the gateway is up both request it without a password.
"""

from collections.abc import Iterator

from stack.records.live.gateway_trial import GatewayTrial
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{url: 'http://g', routes: [], health: 200}"),
    Bad("{url: 'http://g', routes: [], health: 401}", "`/` answers 401 instead of 200"),
    level=Level.SHOULD,
    source="https://nginx.org/en/docs/http/ngx_http_auth_basic_module.html#auth_basic",
)
def check(gateway: GatewayTrial) -> Iterator[Finding]:
    if not gateway.front:
        raise NotApplicable("the target file names no path `health` of the gateway")
    if gateway.health != 200:
        yield Finding(
            f"`{gateway.front}` answers {gateway.health} instead of 200",
            Where(url=f"{gateway.url}{gateway.front}"),
            hint=f"set `auth_basic off` in `location = {gateway.front}` and return a page without secrets",
        )
