"""The Docker socket is given to the log agent alone, and read-only.

Who can write to it can start a privileged container: it is root on the machine. The agent reads container logs there.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

AGENTS = ("promtail", "alloy")


@rule(
    Good("services: {promtail: {volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']}}"),
    Good("services: {loki: {volumes: ['loki-data:/loki']}}"),
    Bad(
        "services: {grafana: {volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']}}",
        "service `grafana` has the Docker socket and is no log agent",
    ),
    Bad(
        "services: {alloy: {volumes: ['/run/docker.sock:/var/run/docker.sock']}}",
        "service `alloy` has the Docker socket writable",
    ),
    level=Level.MUST,
    source="https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
)
def check(service: ComposeService) -> Iterator[Finding]:
    for mount in service.mounts:
        if not mount.source.endswith(("docker.sock", "podman.sock")):
            continue
        where = Where(file=service.file, line=mount.line or service.line("volumes"))
        if service.name not in AGENTS:
            yield Finding(
                f"service `{service.name}` has the Docker socket and is no log agent", where, hint="remove the mount"
            )
        elif not mount.read_only:
            hint = f"{mount.source}:{mount.target}:ro"
            yield Finding(f"service `{service.name}` has the Docker socket writable", where, hint)
