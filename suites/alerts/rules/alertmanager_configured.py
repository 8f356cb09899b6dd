"""The running Prometheus sends its alerts to an Alertmanager.

Without one, alerts fire in Prometheus and no notification is sent.
"""

from collections.abc import Iterator

from stack.records.alerts.running import AlertmanagerDiscovery
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{active: ['http://alertmanager:9093/api/v2/alerts']}"),
    Bad("{active: []}", "Prometheus has no Alertmanager to send alerts to"),
    Bad(
        "{active: [], dropped: ['http://am:9093/api/v2/alerts']}",
        "Prometheus has no Alertmanager to send alerts to; it found and dropped `http://am:9093/api/v2/alerts`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/api/#alertmanagers",
)
def check(discovery: AlertmanagerDiscovery) -> Iterator[Finding]:
    if not discovery.active:
        dropped = (
            f"; it found and dropped {', '.join(f'`{url}`' for url in discovery.dropped)}" if discovery.dropped else ""
        )
        yield Finding(
            f"Prometheus has no Alertmanager to send alerts to{dropped}",
            hint="add its address to alertmanagers/*.json next to prometheus.yml, as in stack/prometheus/deployed/",
        )
