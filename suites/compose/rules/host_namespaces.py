"""No service shares the host's network or process namespace.

On the host's network every port of the service is a port of the machine, and the service can reach everything that
listens on loopback. Only node-exporter may see the host's processes: it measures them.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.compose.helpers.unread import nothing_unread
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("services: {loki: {networks: [monitoring]}}"),
    Good("services: {node-exporter: {pid: host}}"),
    Bad("services: {node-exporter: {network_mode: host}}", "service `node-exporter` has `network_mode: host`"),
    Bad("services: {loki: {pid: host, ipc: host}}", "service `loki` has `pid: host`", "service `loki` has `ipc: host`"),
    Unjudged(
        "services: {loki: {network_mode: '${NET}'}}",
        NotCollected("`network_mode` of `loki` is `${NET}`, which the file does not set"),
    ),
    Unjudged(
        "services: {loki: {extends: {file: b.yml, service: loki}}}",
        NotCollected("settings of `loki` come from `b.yml`, which is not read"),
    ),
    level=Level.MUST,
    source="https://docs.docker.com/reference/compose-file/services/#network_mode",
)
def check(service: ComposeService) -> Iterator[Finding]:
    for key, value in service.namespaces.items():
        if value != "host" or (key, service.name) == ("pid", "node-exporter"):
            continue
        yield Finding(
            f"service `{service.name}` has `{key}: host`",
            Where(file=service.file, line=service.line(key)),
            hint=f"remove `{key}: host`; services reach each other by name on the stack's network",
        )
    nothing_unread(service)
    for key, value in service.namespaces.items():
        if value.startswith("$"):
            raise NotCollected(f"`{key}` of `{service.name}` is `{value}`, which the file does not set")
