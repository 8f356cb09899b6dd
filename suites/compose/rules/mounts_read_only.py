"""Host paths are mounted read-only.

A server that can change its own configuration may no longer run what is in the repository. Data belongs in named
volumes.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.compose.helpers.unread import nothing_unread
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("services: {loki: {volumes: ['./loki.yaml:/etc/loki.yaml:ro', 'loki-data:/loki']}}"),
    Good("services: {loki: {volumes: [{type: bind, source: ./loki.yaml, target: /etc/loki.yaml, read_only: true}]}}"),
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
    for mount in service.mounts:
        if mount.kind == "bind" and not mount.read_only:
            yield Finding(
                f"service `{service.name}` can write to `{mount.source or mount.unset}` on the host",
                Where(file=service.file, line=mount.line or service.line("volumes")),
                hint=f"{mount.source or mount.unset}:{mount.target}:ro, or a named volume where it is data",
            )
    nothing_unread(service)
    for mount in service.mounts:
        if mount.unset and mount.kind == "volume" and not mount.read_only:
            raise NotCollected(f"the source of `{mount.target}` is `{mount.unset}`, which the file does not set")
