"""Every service has a memory limit.

Without one a single query can take the memory of the whole machine, and the kernel chooses which process dies.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("services: {loki: {mem_limit: 2g}}"),
    Good("services: {loki: {deploy: {resources: {limits: {memory: 2g}}}}}"),
    Bad("services: {loki: {image: 'grafana/loki:3.6.15'}}", "service `loki` has no memory limit"),
    Bad("services: {loki: {mem_limit: 0}}", "service `loki` has no memory limit"),
    level=Level.SHOULD,
    source="https://docs.docker.com/reference/compose-file/services/#mem_limit",
)
def check(service: ComposeService) -> Iterator[Finding]:
    if service.memory_limit in (None, "0"):
        yield Finding(
            f"service `{service.name}` has no memory limit",
            Where(file=service.file, line=service.line("mem_limit")),
            hint="mem_limit: 512m, about 1.5 times its peak in a busy week",
        )
