"""The Alertmanager that Prometheus sends alerts to is there.

Prometheus keeps the address of an Alertmanager that is gone: its alerts fire, and no notification is sent.
"""

from collections.abc import Iterator

from stack.records.alerts.running import AlertmanagerLink
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, rule


@rule(
    Good("{url: 'http://am:9093/api/v2/alerts'}"),
    Good(f"{{url: 'http://am:9093/api/v2/alerts', problem: {AlertmanagerLink.UNSEEN}, delivered: true}}"),
    Bad(
        "{url: 'http://am:9093/api/v2/alerts', problem: Connection refused}",
        "Prometheus sends its alerts to `http://am:9093/api/v2/alerts`, where nothing answers: Connection refused",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/api/#alertmanagers",
)
def check(link: AlertmanagerLink) -> Iterator[Finding]:
    if link.problem == link.UNSEEN and not link.delivered:
        raise NotCollected(f"{link.url}: {link.problem}, and no notification was sent to it")
    if link.problem and not link.delivered:
        yield Finding(
            f"Prometheus sends its alerts to `{link.url}`, where nothing answers: {link.problem}",
            Where(url=link.url),
            hint="correct the address under `alerting.alertmanagers`, or start Alertmanager there",
        )
