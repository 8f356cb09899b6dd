"""Notifications are sent.

Alerts that fire are of no use if they do not get from Prometheus to Alertmanager, and from there to a person.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("component: alertmanager\nexposed: [alertmanager_notifications_failed_total]"),
    Bad(
        "component: alertmanager\nsamples: "
        '[\'alertmanager_notifications_failed_total{instance="h:1",integration="webhook"} 3\']',
        'h:1 (integration="webhook"): notifications failed (`alertmanager_notifications_failed_total` +3 in 60 min)',
    ),
    level=Level.MUST,
    source="https://github.com/prometheus/alertmanager/blob/main/doc/alertmanager-mixin/alerts.libsonnet",
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = "check that the receiver answers, and see the log for what it said"
    yield from reported(own, "notifications-sent", hint)
