"""Loki's configuration has no obsolete retention settings.

Loki 3 with TSDB has no table manager: its settings name a period that is never applied.
"""

from collections.abc import Iterator

from stack.records.config.loki import LokiConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

OBSOLETE = (
    ("table_manager",),
    ("chunk_store_config", "max_look_back_period"),
    ("compactor", "shared_store"),
    ("compactor", "deletion_mode"),
    ("limits_config", "allow_deletes"),
)


@rule(
    Good("compactor: {retention_enabled: true}\nlimits_config: {retention_period: 168h}"),
    Bad(
        "table_manager: {retention_deletes_enabled: true, retention_period: 720h}",
        "`table_manager` is no longer used",
    ),
    Bad(
        "chunk_store_config: {max_look_back_period: 168h}",
        "`chunk_store_config.max_look_back_period` is no longer used",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/loki/latest/operations/storage/table-manager/",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    if loki.running:
        raise NotApplicable("a running Loki shows the defaults of settings that nobody made, too")
    for *parents, key in OBSOLETE:
        if key in loki.section(*parents):
            name = ".".join((*parents, key))
            yield Finding(
                f"`{name}` is no longer used",
                Where(file=loki.file, line=loki.line(*parents, key)),
                hint=f"remove `{name}`; the period is `limits_config.retention_period`, applied by the compactor",
            )
