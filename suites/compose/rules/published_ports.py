"""Only the gateway's ports are published to other machines.

Prometheus, Loki and the exporters have no authentication: on a public port anyone can read everything and write to
Loki.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.compose.helpers.unread import nothing_unread
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("services: {prometheus: {ports: ['127.0.0.1:9090:9090', '[::1]:9090:9090']}}"),
    Good("services: {loki: {expose: [3100]}}"),
    Bad("services: {loki: {ports: ['3100:3100']}}", "port 3100 of `loki` is published on every address"),
    Bad(
        "services: {loki: {ports: ['${ADDRESS:-10.0.0.5}:3100:3100']}}",
        "port 3100 of `loki` is published on 10.0.0.5",
    ),
    Bad(
        "services: {loki: {ports: [{target: 3100, published: 3100}]}}",
        "port 3100 of `loki` is published on every address",
    ),
    Unjudged(
        "services: {gateway: {ports: ['4080:4080']}}",
        NotApplicable("the gateway is there for other machines to reach it"),
    ),
    Unjudged(
        "services: {loki: {extends: {file: b.yml, service: loki}}}",
        NotCollected("settings of `loki` come from `b.yml`, which is not read"),
    ),
    level=Level.MUST,
    source="https://docs.docker.com/engine/network/port-publishing/",
)
def check(service: ComposeService) -> Iterator[Finding]:
    if service.name == "gateway":
        raise NotApplicable("the gateway is there for other machines to reach it")
    for port in service.ports:
        if port.public:
            yield Finding(
                f"port {port.target} of `{service.name}` is published on {port.host or 'every address'}",
                Where(file=service.file, line=port.line or service.line("ports")),
                hint=f'"127.0.0.1:{port.published or port.target}:{port.target}", or no `ports` at all',
            )
    nothing_unread(service)
