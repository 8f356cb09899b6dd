"""Every route and inhibition is for some alert of the rule files.

A route that no alert takes is a promise to somebody that nobody keeps.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig, shown
from stack.records.alerts.labels import all_match
from suites.alerts.helpers.routing import all_matchers, known_labels, misspelt
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

RECEIVERS = "receivers: [{name: all, webhook_configs: [{url: 'http://chat/'}]}, {name: nowhere}]"


def config(*routes: str, receiver: str = "all", more: str = "") -> str:
    return f"{{route: {{receiver: {receiver}, routes: [{', '.join(routes)}]}}, {RECEIVERS}{more}}}"


ALERTS = ", alerts: [{alert: TargetDown, expr: up == 0, labels: {severity: critical}}]"
INHIBIT = ", inhibit_rules: [{source_matchers: [severity=page], target_matchers: [severity=critical], equal: [job]}]"


@rule(
    Good(config("{matchers: [severity=critical, pod=a]}", more=ALERTS)),
    Bad(config("{matchers: [severity=page]}", more=ALERTS), 'no alert takes the route `{severity="page"}` → `all`'),
    Bad(
        config(more=ALERTS + INHIBIT),
        'no alert matches `{severity="page"}`, so the inhibition of `{severity="critical"}` by '
        '`{severity="page"}` never happens',
    ),
    Bad(
        config(more=ALERTS + INHIBIT.replace("page", "critical").replace("equal: [job]", "equal: [job, cluster]")),
        'no alert is known to have the label `cluster`, which the inhibition of `{severity="critical"}` by '
        '`{severity="critical"}` compares',
    ),
    Unjudged(config(more=ALERTS), NotApplicable("alertmanager.yml has no matchers")),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/alerting/latest/configuration/#route",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    alerts = [alert.alert_labels for alert in config.alerts or () if not alert.record]
    if not alerts or config.route is None:
        raise NotApplicable("it is not known which alerts there are")
    if not any(all_matchers(config)) and not config.inhibitions:
        raise NotApplicable(f"{config.file} has no matchers")
    for above, route in config.route.walk():
        wanted = [matcher for one in (*above, route) for matcher in one.matchers]
        if wanted and all(all_match(wanted, labels) is False for labels in alerts):
            where = Where(file=config.file, line=route.line)
            yield Finding(f"no alert takes the route {route.name}", where, "remove it, or correct its matchers")
    labels_known = known_labels(config.alerts or ())
    for inhibition in config.inhibitions:
        for label in inhibition.equal:
            if label not in labels_known and not misspelt(label, labels_known):
                message = f"no alert is known to have the label `{label}`, which {inhibition.name} compares"
                yield Finding(message, Where(file=config.file, line=inhibition.line), "compare one that alerts have")
        for side in (inhibition.source, inhibition.target):
            if all(all_match(side, labels) is False for labels in alerts):
                message = f"no alert matches {shown(side)}, so {inhibition.name} never happens"
                yield Finding(message, Where(file=config.file, line=inhibition.line), "correct its matchers")
