"""Exporters reach what they measure.

The exporter is up, its target is scraped, and what it is there for is missing.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("component: redis-exporter\nsamples: ['redis_up{instance=\"h:1\"} 1']"),
    Bad(
        "component: redis-exporter\nsamples: ['redis_up{instance=\"h:1\"} 0']",
        "h:1: it does not reach its Redis (`redis_up` is 0)",
    ),
    Unjudged(
        "component: redis-exporter\nlost: [redis_up]",
        NotCollected("`redis_up` has no value in the last 15 minutes"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#failed-scrapes",
    root_cause=True,
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = "see the log of the exporter; check address and credentials of what it measures"
    yield from reported(own, "exporters-work", hint)
