"""The compactor's store for delete requests is set, and is an object store of the schema.

With retention enabled, Loki 3 does not start without `delete_request_store`; a store other than the one of the logs is
one more to back up and clean.
"""

from collections.abc import Iterator

from stack.records.config.loki import LokiConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

SCHEMA = "schema_config: {configs: [{store: tsdb, object_store: filesystem}]}\n"


@rule(
    Good(SCHEMA + "compactor: {retention_enabled: true, delete_request_store: filesystem}"),
    Bad(SCHEMA + "compactor: {retention_enabled: true}", "`delete_request_store` is not set: Loki does not start"),
    Bad(
        SCHEMA + "compactor: {retention_enabled: true, delete_request_store: s3}",
        "`delete_request_store: s3` is not an object store of the schema, which uses `filesystem`",
    ),
    Unjudged(
        "compactor: {retention_enabled: true, delete_request_store: s3}",
        NotApplicable("the file has no schema to compare it with"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/#compactor",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    compactor = loki.section("compactor")
    if compactor.get("retention_enabled") is not True:
        raise NotApplicable("retention is off, which `retention/loki-retention-enabled` reports")
    where = Where(file=loki.file, line=loki.line("compactor", "delete_request_store"))
    stores = [str(schema.get("object_store")) for schema in loki.schemas]
    hint = f"compactor: {{delete_request_store: {stores[-1] if stores else 'filesystem'}}}"
    store = compactor.get("delete_request_store")
    if not store:
        yield Finding("`delete_request_store` is not set: Loki does not start", where, hint)
    elif not stores:
        raise NotApplicable("the file has no schema to compare it with")
    elif store not in stores:
        used = ", ".join(f"`{name}`" for name in dict.fromkeys(stores))
        yield Finding(
            f"`delete_request_store: {store}` is not an object store of the schema, which uses {used}", where, hint
        )
