"""Every service has a read-only root file system.

A service writes to its volumes and to tmpfs; everything else stays as it is in the image.
"""

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("services: {loki: {read_only: true}}"),
    Bad("services: {loki: {image: 'grafana/loki:3.6.15'}}", "root file system of `loki` is writable"),
    level=Level.SHOULD,
    source="https://docs.docker.com/reference/compose-file/services/#read_only",
)
def check(service: ComposeService) -> Iterator[Finding]:
    if not service.read_only:
        yield Finding(
            f"root file system of `{service.name}` is writable",
            Where(file=service.file, line=service.line("read_only")),
            hint="read_only: true, with `tmpfs: [/tmp]` and a volume for what it must write",
        )
