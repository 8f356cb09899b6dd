"""Host paths are mounted read-only.

A server that can change its own configuration may no longer run what is in the repository. Data belongs in named
volumes.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.compose.helpers.sockets import is_socket
from suites.compose.helpers.unread import nothing_unread
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("services: {loki: {volumes: ['./loki.yaml:/etc/loki.yaml:ro', 'loki-data:/loki']}}"),
    Good("services: {loki: {volumes: [{type: bind, source: ./loki.yaml, target: /etc/loki.yaml, read_only: true}]}}"),
    Good("services: {api: {volumes: ['/var/run/docker.sock:/var/run/docker.sock', '${SOCK}:/run/docker.sock']}}"),
    Bad(
        "services: {loki: {volumes: ['./loki.yaml:/etc/loki.yaml']}}",
        "service `loki` can write to `./loki.yaml` on the host",
    ),
    Bad(
        "services: {loki: {volumes: [{type: bind, source: /srv, target: /srv}]}}",
        "service `loki` can write to `/srv` on the host",
    ),
    Unjudged(
        "services: {loki: {volumes: ['${DATA:?set it}:/loki', '${CONF}:/etc/loki:ro']}}",
        NotCollected("the source of `/loki` is `${DATA:?set it}`, which the file does not set"),
    ),
    Unjudged(
        "services: {loki: {extends: {file: b.yml, service: loki}}}",
        NotCollected("settings of `loki` come from `b.yml`, which is not read"),
    ),
    level=Level.MUST,
    source="https://docs.docker.com/engine/storage/bind-mounts/#use-a-read-only-bind-mount",
)
def check(service: ComposeService) -> Iterator[Finding]:
    writable = [mount for mount in service.mounts if not mount.read_only and not is_socket(mount)]
    for mount in writable:
        if mount.kind == "bind":
            yield Finding(
                f"service `{service.name}` can write to `{mount.source or mount.unset}` on the host",
                Where(file=service.file, line=mount.line or service.line("volumes")),
                hint=f"{mount.source or mount.unset}:{mount.target}:ro, or a named volume where it is data",
            )
    nothing_unread(service)
    for mount in writable:
        if mount.unset and mount.kind == "volume":
            raise NotCollected(f"the source of `{mount.target}` is `{mount.unset}`, which the file does not set")
