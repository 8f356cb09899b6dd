"""Every service restarts after a crash and after a reboot.

Monitoring that stays down is noticed only when it is needed.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("services: {loki: {restart: unless-stopped}}"),
    Good("services: {loki: {restart: always}}"),
    Bad("services: {loki: {image: 'grafana/loki:3.6.15'}}", "service `loki` is not restarted when it exits"),
    Bad("services: {loki: {restart: 'no'}}", "service `loki` is not restarted when it exits"),
    Bad("services: {loki: {restart: on-failure}}", "service `loki` stays down after a reboot"),
    level=Level.SHOULD,
    source="https://docs.docker.com/reference/compose-file/services/#restart",
)
def check(service: ComposeService) -> Iterator[Finding]:
    policy = service.restart.partition(":")[0]
    if policy in ("unless-stopped", "always", "any"):
        return
    if policy == "on-failure":
        message = f"service `{service.name}` stays down after a reboot"
    else:
        message = f"service `{service.name}` is not restarted when it exits"
    yield Finding(message, Where(file=service.file, line=service.line("restart")), hint="restart: unless-stopped")
