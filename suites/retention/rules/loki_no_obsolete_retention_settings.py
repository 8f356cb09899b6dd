"""No setting of an older Loki promises a retention that is not applied.

The table manager is not part of Loki 3 with TSDB: whoever reads its settings believes in a period that nobody keeps.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.config.loki import LokiConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

LEFTOVERS = (
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
        "`table_manager` is not used any more",
    ),
    Bad(
        "chunk_store_config: {max_look_back_period: 168h}",
        "`chunk_store_config.max_look_back_period` is not used any more",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/loki/latest/operations/storage/table-manager/",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    for *parents, key in LEFTOVERS:
        if key in loki.section(*parents):
            name = ".".join((*parents, key))
            yield Finding(
                f"`{name}` is not used any more",
                Where(file=loki.file, line=loki.line(*parents, key)),
                hint=f"remove `{name}`; the period is `limits_config.retention_period`, applied by the compactor",
            )
