"""Data is written to storage, and storage is maintained.

With a full disk, failing flushes or failing compactions, the server answers until its memory is full.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("component: loki\nexposed: [loki_ingester_wal_disk_full_failures_total]"),
    Bad(
        "component: loki\nsamples: ['loki_ingester_wal_disk_full_failures_total{instance=\"h:1\"} 4']",
        "h:1: its disk is full (`loki_ingester_wal_disk_full_failures_total` +4 in 60 min)",
    ),
    level=Level.MUST,
    source="https://github.com/grafana/loki/tree/main/production/loki-mixin",
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = "free or add space, check permissions of the data folder and credentials of the object store"
    yield from reported(own, "storage-works", hint)
