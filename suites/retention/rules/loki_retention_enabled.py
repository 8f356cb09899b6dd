"""Retention is enabled in Loki's compactor.

`retention_period` alone deletes nothing: without this setting logs are kept forever, and nothing reports it.
"""

from collections.abc import Iterator

from stack.records.config.loki import LokiConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("compactor: {retention_enabled: true}"),
    Bad("compactor: {working_directory: /loki/compactor}", "retention is disabled: Loki deletes nothing"),
    Bad("compactor: {retention_enabled: false}", "retention is disabled: Loki deletes nothing"),
    Bad("limits_config: {retention_period: 168h}", "retention is disabled: Loki deletes nothing"),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/#compactor",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    if loki.section("compactor").get("retention_enabled") is not True:
        yield Finding(
            "retention is disabled: Loki deletes nothing",
            Where(file=loki.file, line=loki.line("compactor", "retention_enabled")),
            hint="compactor: {retention_enabled: true}",
        )
