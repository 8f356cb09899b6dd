"""The log agent drops no lines, and delivers them within ten minutes.

An agent gives up on lines that the store refuses or that it cannot send for too long.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("component: promtail\nexposed: [promtail_dropped_entries_total]"),
    Bad(
        'component: promtail\nsamples: [\'promtail_dropped_entries_total{instance="h:1",reason="ingester_error"} 5\']',
        'h:1 (reason="ingester_error"): log lines were dropped (`promtail_dropped_entries_total` +5 in 60 min)',
    ),
    Good("component: promtail\nsamples: ['promtail_stream_lag_seconds{instance=\"h:1\"} 590']"),
    Bad(
        'component: alloy\nsamples: [\'loki_write_stream_lag_seconds{instance="h:1",host="loki"} 7200\']',
        'h:1 (host="loki"): its lines reach the store late, by seconds (`loki_write_stream_lag_seconds` is 7200)',
    ),
    Unjudged(
        "component: promtail\nlost: [promtail_stream_lag_seconds]",
        NotCollected("`promtail_stream_lag_seconds` has no value in the last 15 minutes"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/send-data/promtail/troubleshooting/",
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = "see the log of the agent for what the store answered"
    yield from reported(own, "agent-delivers", hint)
