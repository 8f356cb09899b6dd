"""Remote write loses no samples, and sends them within five minutes.

The remote store misses what could not be sent, and alerts and reports that use it are wrong. To a store that is down
nothing fails: Prometheus tries again until its write-ahead log has no room for more.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("component: prometheus\nexposed: [prometheus_remote_storage_samples_failed_total]"),
    Bad(
        "component: prometheus\nsamples: "
        '[\'prometheus_remote_storage_samples_failed_total{instance="h:1",url="http://r"} 9\']',
        'h:1 (url="http://r"): samples could not be sent (`prometheus_remote_storage_samples_failed_total` '
        "+9 in 60 min)",
    ),
    Bad(
        "component: prometheus\nsamples: "
        '[\'prometheus_remote_storage_queue_highest_sent_timestamp_seconds{instance="h:1",url="http://r"} 900\']',
        'h:1 (url="http://r"): the newest sample that the remote store took is old '
        "(`prometheus_remote_storage_queue_highest_sent_timestamp_seconds` is 900 s ago)",
    ),
    Unjudged(
        "component: prometheus\nlost: [prometheus_remote_storage_queue_highest_sent_timestamp_seconds]",
        NotCollected(
            "`prometheus_remote_storage_queue_highest_sent_timestamp_seconds` has no value in the last 15 minutes"
        ),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/remote_write/",
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = "see what the remote store answers in the log of Prometheus; check URL, credentials and limits"
    yield from reported(own, "remote-write-works", hint)
