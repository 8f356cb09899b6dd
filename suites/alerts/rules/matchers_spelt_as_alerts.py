"""Matchers of routes and inhibitions are spelt as the labels of alerts.

`severty="critical"` matches no alert, and says so nowhere: the alerts take the next route, or are not inhibited.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from suites.alerts.helpers.routing import all_matchers, known_labels, known_values, misspelt
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

RECEIVERS = "receivers: [{name: all, webhook_configs: [{url: 'http://chat/'}]}, {name: nowhere}]"


def config(*routes: str, receiver: str = "all", more: str = "") -> str:
    return f"{{route: {{receiver: {receiver}, routes: [{', '.join(routes)}]}}, {RECEIVERS}{more}}}"


ALERTS = ", alerts: [{alert: TargetDown, expr: up == 0, labels: {severity: critical}}]"


@rule(
    Good(config("{matchers: [severity=info]}", "{matchers: [alertname=Other, pod=~a.+]}", more=ALERTS)),
    Bad(
        config("{matchers: [severty=critical]}", more=ALERTS),
        'the route `{severty="critical"}` → `all`: no alert has the label `severty`',
    ),
    Bad(
        config("{matchers: ['severity=~\"critcal|page\"', alertname=TargetDwon]}", more=ALERTS),
        'the route `{severity=~"critcal|page", alertname="TargetDwon"}` → `all`: no alert has `severity` `critcal`',
        'the route `{severity=~"critcal|page", alertname="TargetDwon"}` → `all`: no alert has `alertname` `TargetDwon`',
    ),
    Bad(
        config("{matchers: [alert=TargetDown]}"),
        'the route `{alert="TargetDown"}` → `all`: no alert has the label `alert`',
    ),
    Bad(
        config(more=ALERTS + ", inhibit_rules: [{source_matchers: [a=b], target_matchers: [a=c], equal: [instanse]}]"),
        'the inhibition of `{a="c"}` by `{a="b"}`: no alert has the label `instanse`',
    ),
    Unjudged(config(more=ALERTS), NotApplicable("alertmanager.yml has no matchers")),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/configuration/#matcher",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    if not any(all_matchers(config)) and not any(one.equal for one in config.inhibitions):
        raise NotApplicable(f"{config.file} has no matchers")
    labels = known_labels(config.alerts or ())
    # The key of a rule file is `alert`, the label that Prometheus makes of it `alertname`.
    by_key = [(what, line) for what, line, one in all_matchers(config) if one.name == "alert" not in labels]
    for what, line in by_key:
        message = f"{what}: no alert has the label `alert`"
        yield Finding(message, Where(file=config.file, line=line), "the name of an alert is in `alertname`")
    if not config.alerts and by_key:
        return
    if not config.alerts:
        raise NotApplicable("it is not known which alerts there are")
    for what, line, one in all_matchers(config):
        where = Where(file=config.file, line=line)
        if meant := misspelt(one.name, labels):
            yield Finding(f"{what}: no alert has the label `{one.name}`", where, f"did you mean `{meant}`?")
            continue
        values = known_values(config.alerts, one.name)
        for value in one.values or ():
            if meant := misspelt(value, values):
                yield Finding(f"{what}: no alert has `{one.name}` `{value}`", where, f"did you mean `{meant}`?")
    for inhibition in config.inhibitions:
        for name in inhibition.equal:
            if meant := misspelt(name, labels):
                where = Where(file=config.file, line=inhibition.line)
                yield Finding(f"{inhibition.name}: no alert has the label `{name}`", where, f"did you mean `{meant}`?")
