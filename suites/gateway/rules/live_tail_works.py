"""Loki's live tail works through the gateway.

It is a WebSocket: a proxy that does not forward `Upgrade` and `Connection` breaks it, and everything else still works.
"""

from collections.abc import Iterator

from stack.records.live.gateway_trial import GatewayTail
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{url: 'http://g/loki/api/v1/tail'}"),
    Bad(
        "{url: 'http://g/loki/api/v1/tail', problem: 'answered 400 Bad Request instead of 101 Switching Protocols'}",
        "the live tail does not work: answered 400 Bad Request instead of 101 Switching Protocols",
    ),
    level=Level.MUST,
    source="https://nginx.org/en/docs/http/websocket.html",
)
def check(tail: GatewayTail) -> Iterator[Finding]:
    if tail.problem:
        yield Finding(
            f"the live tail does not work: {tail.problem}",
            Where(url=tail.url),
            hint="forward `Upgrade` and `Connection` over HTTP/1.1, as in stack/gateway/templates/nginx.conf.template",
        )
