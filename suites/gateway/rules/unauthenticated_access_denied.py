"""The gateway denies access without credentials.

Logs and metrics name customers, hosts and failures, and the gateway is the one port that is reachable from outside.
"""

from collections.abc import Iterator

from stack.records.live.gateway_trial import GatewayTrial
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{url: 'http://g', routes: [{path: /prometheus/, status: 401}]}"),
    Good("{url: 'http://g', routes: [{path: /grafana/, status: 302, location: /oauth/login}]}"),
    Bad(
        "{url: 'http://g', routes: [{path: /prometheus/, status: 200}, {path: /loki/, status: 502}]}",
        "`/prometheus/` answers 200 to a request without credentials",
        "`/loki/` answers 502 to a request without credentials",
    ),
    level=Level.MUST,
    source="https://nginx.org/en/docs/http/ngx_http_auth_basic_module.html",
)
def check(gateway: GatewayTrial) -> Iterator[Finding]:
    if not gateway.routes:
        raise NotApplicable("no route of the gateway was requested")
    for route in gateway.routes:
        if not route.denied:
            yield Finding(
                f"`{route.path}` answers {route.status} to a request without credentials",
                Where(url=f"{gateway.url}{route.path}"),
                hint=f"let `{route.path}` inherit `auth_basic`, as in stack/gateway/templates/nginx.conf.template; an "
                "error from the upstream server means that the request passed the gateway",
            )
