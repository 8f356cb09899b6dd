"""Loki's index period is 24 hours.

The compactor applies retention per index table, and only to tables of 24 hours; Loki does not start with retention
enabled and another period.
"""

from collections.abc import Iterator

from stack.records.config.loki import LokiConfig
from stack.text.durations import DAY, seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("schema_config: {configs: [{from: 2024-01-01, index: {prefix: index_, period: 24h}}]}"),
    Bad(
        "schema_config: {configs: [{from: 2024-01-01, index: {prefix: index_, period: 168h}}]}",
        "index period from 2024-01-01 is 168h, not 24h",
    ),
    Bad(
        "schema_config: {configs: [{from: 2024-01-01, index: {prefix: index_}}]}",
        "index period from 2024-01-01 is not set, not 24h",
    ),
    Bad("limits_config: {}", "no `schema_config`: Loki does not start"),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/#retention-configuration",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    if not loki.schemas:
        yield Finding(
            "no `schema_config`: Loki does not start", Where(file=loki.file, line=1), hint="see loki-config.yaml"
        )
    for number, schema in enumerate(loki.schemas):
        index = schema.get("index")
        period = index.get("period", "not set") if isinstance(index, dict) else "not set"
        if seconds(period) != DAY:
            yield Finding(
                f"index period from {schema.get('from')} is {period}, not 24h",
                Where(file=loki.file, line=loki.line("schema_config", "configs", number, "index", "period")),
                hint="index: {prefix: index_, period: 24h}; where there is data, in a new entry with a later `from`",
            )
