"""Services run as root only where they need to.

Root in a container is root on the machine as soon as anything else fails. Only what opens files of root needs it, the
proxy in front of the Docker socket and the log agent, and without any capability.
"""

from collections.abc import Iterator

from stack.components import AGENTS
from stack.records.config.compose import ComposeService
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("services: {loki: {user: '10001:10001'}}"),
    Good("services: {promtail: {user: '0:0', cap_drop: [ALL]}}"),
    Good("services: {proxy: {user: '0:0', cap_drop: [ALL], volumes: ['/var/run/docker.sock:/run/docker.sock:ro']}}"),
    Bad("services: {loki: {image: 'grafana/loki:3.6.15'}}", "service `loki` does not set a user"),
    Bad("services: {loki: {user: root}}", "service `loki` runs as root"),
    Bad(
        "services: {promtail: {user: '0'}}",
        "service `promtail` runs as root with capabilities",
    ),
    level=Level.SHOULD,
    source="https://docs.docker.com/reference/compose-file/services/#user",
)
def check(service: ComposeService) -> Iterator[Finding]:
    where = Where(file=service.file, line=service.line("user"))
    if not service.user:
        message = f"service `{service.name}` does not set a user"
        yield Finding(message, where, hint='user: "10001:10001", the user that the image expects')
    elif service.user.partition(":")[0] in ("0", "root"):
        needs_root = service.name in AGENTS or any(mount.source.endswith("docker.sock") for mount in service.mounts)
        if not needs_root:
            yield Finding(f"service `{service.name}` runs as root", where, hint="set another user, by number")
        elif "ALL" not in service.cap_drop:
            yield Finding(f"service `{service.name}` runs as root with capabilities", where, hint="cap_drop: [ALL]")
