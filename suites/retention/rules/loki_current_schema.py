"""Loki uses its current schema: TSDB, v13.

Older schemas have no structured metadata, where request ids belong, and are deprecated.
"""

from collections.abc import Iterator

from stack.records.config.loki import LokiConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("schema_config: {configs: [{from: 2024-01-01, store: tsdb, schema: v13}]}"),
    Good(
        "schema_config: {configs: [{from: 2022-01-01, store: boltdb-shipper, schema: v12},"
        " {from: 2024-01-01, store: tsdb, schema: v13}]}"
    ),
    Bad(
        "schema_config: {configs: [{from: 2022-01-01, store: boltdb-shipper, schema: v11}]}",
        "the newest schema is `boltdb-shipper` v11, not `tsdb` v13",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/loki/latest/operations/storage/schema/",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    if not loki.schemas:
        raise NotApplicable("the file has no schema")
    number, newest = max(enumerate(loki.schemas), key=lambda entry: str(entry[1].get("from")))
    if (newest.get("store"), newest.get("schema")) != ("tsdb", "v13"):
        yield Finding(
            f"the newest schema is `{newest.get('store')}` {newest.get('schema')}, not `tsdb` v13",
            Where(file=loki.file, line=loki.line("schema_config", "configs", number)),
            hint="add an entry with tomorrow's date in `from`, `store: tsdb` and `schema: v13`",
        )
