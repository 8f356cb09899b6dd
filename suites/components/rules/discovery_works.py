"""Service discovery works.

Where it fails, Prometheus goes on with the targets that it knew: what is new is not scraped, and nothing is down.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("component: prometheus\nexposed: [prometheus_sd_refresh_failures_total]"),
    Bad(
        'component: prometheus\nsamples: [\'prometheus_sd_refresh_failures_total{instance="h:1",mechanism="http"} 6\']',
        'h:1 (mechanism="http"): service discovery failed (`prometheus_sd_refresh_failures_total` +6 in 60 min)',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/",
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = "see the log of Prometheus; check address, credentials and the format of target files"
    yield from reported(own, "discovery-works", hint)
