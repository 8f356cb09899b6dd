"""Every service has a health check.

Without one a container that hangs counts as running, and `docker compose up --wait` returns before anything answers.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("services: {loki: {healthcheck: {test: [CMD, /usr/bin/loki, -health]}}}"),
    Bad("services: {loki: {image: 'grafana/loki:3.6.15'}}", "service `loki` has no health check"),
    Bad("services: {loki: {healthcheck: {disable: true}}}", "service `loki` disables its health check"),
    Bad("services: {loki: {healthcheck: {test: [NONE]}}}", "service `loki` disables its health check"),
    Bad("services: {loki: {healthcheck: {test: 'true'}}}", "health check of `loki` cannot fail: `true`"),
    level=Level.SHOULD,
    source="https://docs.docker.com/reference/compose-file/services/#healthcheck",
)
def check(service: ComposeService) -> Iterator[Finding]:
    where = Where(file=service.file, line=service.line("healthcheck"))
    hint = "healthcheck: {test: [CMD, …]} with a command of the image that requests the readiness endpoint"
    command = [word for word in service.healthcheck if word not in ("CMD", "CMD-SHELL")]
    if not command:
        state = "disables its health check" if "healthcheck" in service.lines else "has no health check"
        yield Finding(f"service `{service.name}` {state}", where, hint)
    elif " ".join(command) in ("true", "/bin/true", "exit 0", ":"):
        yield Finding(f"health check of `{service.name}` cannot fail: `{' '.join(command)}`", where, hint)
