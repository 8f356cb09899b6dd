"""Only the log agent mounts the Docker socket, and it mounts it read-only.

Write access to the socket is root access to the machine: it can start a privileged container. The agent reads container
logs through it.
"""

from collections.abc import Iterator

from stack.components import AGENTS
from stack.records.config.compose import ComposeService
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("services: {promtail: {volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']}}"),
    Good("services: {loki: {volumes: ['loki-data:/loki']}}"),
    Bad(
        "services: {grafana: {volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']}}",
        "service `grafana` mounts the Docker socket and is not a log agent",
    ),
    Bad(
        "services: {alloy: {volumes: ['/run/docker.sock:/var/run/docker.sock']}}",
        "service `alloy` mounts the Docker socket writable",
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
                f"service `{service.name}` mounts the Docker socket and is not a log agent",
                where,
                hint="remove the mount",
            )
        elif not mount.read_only:
            hint = f"{mount.source}:{mount.target}:ro"
            yield Finding(f"service `{service.name}` mounts the Docker socket writable", where, hint)
