"""Alerts go to a receiver that notifies.

A receiver without integrations drops what it gets. That is a way to silence an alert that is named; for all others it
means that nobody hears of them.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from suites.alerts.helpers.routing import always_fires, names
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

RECEIVERS = "receivers: [{name: all, webhook_configs: [{url: 'http://chat/'}]}, {name: nowhere}]"


def config(*routes: str, receiver: str = "all", more: str = "") -> str:
    return f"{{route: {{receiver: {receiver}, routes: [{', '.join(routes)}]}}, {RECEIVERS}{more}}}"


ALERTS = ", alerts: [{alert: Down, expr: up == 0, labels: {severity: critical}}]"


@rule(
    Good(config("{matchers: [alertname=Down], receiver: nowhere}", more=ALERTS)),
    Good(config("{matchers: [severity=critical], receiver: all}", receiver="nowhere", more=ALERTS)),
    Good(config("{matchers: [severity=critical], receiver: all}")),
    Bad(config(receiver="nowhere"), "every route leads to `nowhere`, which notifies nobody"),
    Bad(
        config("{matchers: [severity=critical], receiver: nowhere}", more=ALERTS),
        "`Down` goes to `nowhere`, which notifies nobody",
    ),
    Unjudged(
        config("{matchers: [severity=critical], receiver: nowhere}"),
        NotApplicable("it is not known which alerts there are"),
    ),
    Unjudged(
        config("{matchers: [pod=a], receiver: nowhere}", more=ALERTS),
        NotApplicable("it is not known which routes the alerts take"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/configuration/#receiver",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    if config.route is None or config.problems:
        raise NotApplicable(f"{config.file} cannot be routed by")
    used = [route for _, route in config.route.walk()]
    if all(route.receiver in config.silent for route in used):
        receivers = " and ".join(dict.fromkeys(f"`{route.receiver}`" for route in used))
        where = Where(file=config.file, line=config.route.line)
        yield Finding(f"every route leads to {receivers}, which notifies nobody", where, "add `webhook_configs`, …")
        return
    if not any(route.receiver in config.silent for route in used):
        return
    if not config.alerts:
        raise NotApplicable("it is not known which alerts there are")
    judged = False
    for alert in config.alerts:
        taken = None if alert.record or always_fires(alert) else config.route.taken_by(alert.alert_labels)
        judged = judged or taken is not None
        if taken and all(route.receiver in config.silent and not names(route) for route in taken):
            message = f"`{alert.name}` goes to `{taken[0].receiver}`, which notifies nobody"
            where = Where(file=config.file, line=taken[0].line)
            yield Finding(message, where, "match the alerts that nobody needs by `alertname`")
    if not judged:
        raise NotApplicable("it is not known which routes the alerts take")
