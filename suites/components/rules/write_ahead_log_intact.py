"""The write-ahead logs are intact.

Samples and lines that are not in a block yet are only there: what is corrupted is lost at the next restart.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("component: prometheus\nexposed: [prometheus_tsdb_wal_corruptions_total]"),
    Bad(
        "component: loki\nsamples: ['loki_ingester_wal_corruptions_total{instance=\"h:1\"} 2']",
        "h:1: its write-ahead log was corrupted (`loki_ingester_wal_corruptions_total` +2 in 60 min)",
    ),
    level=Level.MUST,
    source="https://github.com/prometheus/prometheus/blob/main/documentation/prometheus-mixin/alerts.libsonnet",
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = "check the disk and the file system, and what the server logs about the log at its start"
    yield from reported(own, "write-ahead-log-intact", hint)
