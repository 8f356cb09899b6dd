"""Every service has a read-only root file system.

It writes to its volume and to memory; everything else is then known to be what the image brought.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.config.compose import ComposeService
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("services: {loki: {read_only: true}}"),
    Bad("services: {loki: {image: 'grafana/loki:3.6.15'}}", "root file system of `loki` can be written to"),
    level=Level.SHOULD,
    source="https://docs.docker.com/reference/compose-file/services/#read_only",
)
def check(service: ComposeService) -> Iterator[Finding]:
    if not service.read_only:
        yield Finding(
            f"root file system of `{service.name}` can be written to",
            Where(file=service.file, line=service.line("read_only")),
            hint="read_only: true, with `tmpfs: [/tmp]` and a volume for what it must write",
        )
