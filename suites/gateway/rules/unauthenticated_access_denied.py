"""The gateway lets nobody through without credentials.

Logs and metrics name customers, hosts and failures, and the gateway is the one door that the world can reach.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.live.gateway_trial import GatewayTrial
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{url: 'http://g', doors: [{path: /prometheus/, status: 401}]}"),
    Good("{url: 'http://g', doors: [{path: /grafana/, status: 302, location: /oauth/login}]}"),
    Bad(
        "{url: 'http://g', doors: [{path: /prometheus/, status: 200}, {path: /loki/, status: 502}]}",
        "`/prometheus/` answers 200 to whoever has no credentials",
        "`/loki/` answers 502 to whoever has no credentials",
    ),
    level=Level.MUST,
    source="https://nginx.org/en/docs/http/ngx_http_auth_basic_module.html",
)
def check(gateway: GatewayTrial) -> Iterator[Finding]:
    for door in gateway.doors:
        if not door.closed:
            yield Finding(
                f"`{door.path}` answers {door.status} to whoever has no credentials",
                Where(url=f"{gateway.url}{door.path}"),
                hint=f"let `{door.path}` inherit `auth_basic`, as stack/gateway/templates/nginx.conf.template does; an "
                "error of the server behind it means that the request got through",
            )
