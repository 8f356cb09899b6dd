"""Only the filtering proxy mounts the Docker socket, and it mounts it read-only.

Whoever may speak to the engine is root on the machine: it can start a privileged container, and a read-only mount does
not keep it from that. Log agent and console go through a proxy that lets nothing pass but what they need.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.compose.helpers.sockets import is_socket
from suites.compose.helpers.unread import nothing_unread
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule

PROXIES = ("docker-proxy", "docker-proxy-actions")


@rule(
    Good("services: {docker-proxy: {volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']}}"),
    Good("services: {docker-proxy-actions: {volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']}}"),
    Good("services: {loki: {volumes: ['loki-data:/loki']}}"),
    Bad(
        "services: {grafana: {volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']}}",
        "service `grafana` mounts the Docker socket and is not the filtering proxy",
    ),
    Bad(
        "services: {promtail: {volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']}}",
        "service `promtail` mounts the Docker socket and is not the filtering proxy",
    ),
    Bad(
        "services: {grafana: {volumes: ['${SOCK}:/var/run/docker.sock:ro']}}",
        "service `grafana` mounts the Docker socket and is not the filtering proxy",
    ),
    Bad(
        "services: {docker-proxy: {volumes: ['/run/docker.sock:/var/run/docker.sock']}}",
        "service `docker-proxy` mounts the Docker socket writable",
    ),
    Unjudged(
        "services: {loki: {volumes: ['${DATA}:/loki']}}",
        NotCollected("the source of `/loki` is `${DATA}`, which the file does not set"),
    ),
    Unjudged(
        "services: {loki: {extends: {file: b.yml, service: loki}}}",
        NotCollected("settings of `loki` come from `b.yml`, which is not read"),
    ),
    level=Level.MUST,
    source="https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
)
def check(service: ComposeService) -> Iterator[Finding]:
    for mount in service.mounts:
        if not is_socket(mount):
            continue
        where = Where(file=service.file, line=mount.line or service.line("volumes"))
        if service.name not in PROXIES:
            yield Finding(
                f"service `{service.name}` mounts the Docker socket and is not the filtering proxy",
                where,
                hint="remove the mount, and use `tcp://docker-proxy:2375` instead",
            )
        elif not mount.read_only:
            hint = f"{mount.source or mount.unset}:{mount.target}:ro"
            yield Finding(f"service `{service.name}` mounts the Docker socket writable", where, hint)
    nothing_unread(service)
    for mount in service.mounts:
        if mount.unset and not is_socket(mount):
            raise NotCollected(f"the source of `{mount.target}` is `{mount.unset}`, which the file does not set")
