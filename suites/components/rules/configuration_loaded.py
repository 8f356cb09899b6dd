"""Each component uses its current configuration.

A file that cannot be loaded changes nothing: the server goes on with the last good one until its next start, which
fails.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("component: prometheus\nsamples: ['prometheus_config_last_reload_successful{instance=\"h:1\"} 1']"),
    Bad(
        "component: alertmanager\nsamples: ['alertmanager_config_last_reload_successful{instance=\"h:1\"} 0']",
        "h:1: its configuration could not be loaded: the last good one is used "
        "(`alertmanager_config_last_reload_successful` is 0)",
    ),
    Unjudged(
        "component: prometheus\nlost: [prometheus_config_last_reload_successful]",
        NotCollected("`prometheus_config_last_reload_successful` has no value in the last 15 minutes"),
    ),
    level=Level.MUST,
    source="https://github.com/prometheus/prometheus/blob/main/documentation/prometheus-mixin/alerts.libsonnet",
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = (
        "check the file with `promtool check config`, `amtool check-config` or `-verify-config`, and see "
        "the server's log"
    )
    yield from reported(own, "configuration-loaded", hint)
