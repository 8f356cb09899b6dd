"""Loki's live tail passes the gateway.

It is a WebSocket: a proxy that does not hand on `Upgrade` and `Connection` breaks it, and everything else still works.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.live.gateway_trial import GatewayTail
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{url: 'http://g/loki/api/v1/tail'}"),
    Bad(
        "{url: 'http://g/loki/api/v1/tail', problem: 'answered 400 Bad Request instead of 101 Switching Protocols'}",
        "the live tail does not pass: answered 400 Bad Request instead of 101 Switching Protocols",
    ),
    level=Level.MUST,
    source="https://nginx.org/en/docs/http/websocket.html",
)
def check(tail: GatewayTail) -> Iterator[Finding]:
    if tail.problem:
        yield Finding(
            f"the live tail does not pass: {tail.problem}",
            Where(url=tail.url),
            hint="hand on `Upgrade` and `Connection` by HTTP/1.1, see stack/gateway/templates/nginx.conf.template",
        )
