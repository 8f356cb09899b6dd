"""Every route of Alertmanager can be reached.

An alert takes the first route that matches, and the next ones only where that says `continue`. A route behind a wider
one never gets an alert, and its receiver no notification.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from suites.alerts.helpers.routing import unreachable
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

RECEIVERS = "receivers: [{name: all, webhook_configs: [{url: 'http://chat/'}]}, {name: nowhere}]"


def config(*routes: str, receiver: str = "all", more: str = "") -> str:
    return f"{{route: {{receiver: {receiver}, routes: [{', '.join(routes)}]}}, {RECEIVERS}{more}}}"


@rule(
    Good(config("{matchers: [a=b], receiver: all}", "{receiver: all, continue: true}", "{matchers: [a=c]}")),
    Good(config("{matchers: ['a=~\"b|c\"', x=y]}", "{matchers: [a=b]}")),
    Bad(
        config("{matchers: ['alertname=~\"A|B\"'], receiver: nowhere}", "{matchers: [alertname=A], receiver: all}"),
        'no alert reaches the route `{alertname="A"}` → `all`: `route.routes[0]` '
        '(`{alertname=~"A|B"}` → `nowhere`) before it takes every alert that it is for, and has no `continue`',
    ),
    Bad(
        config("{matchers: [a=b], routes: [{matchers: [a=c], receiver: all}]}"),
        'no alert reaches the route `{a="c"}` → `all`: no value of `a` fulfils its own matchers and those of the '
        "routes above it",
    ),
    Unjudged(config(), NotApplicable("alertmanager.yml has only one route")),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/configuration/#route",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    if config.route is None:
        raise NotApplicable(f"{config.file} has no route")
    if not config.route.routes:
        raise NotApplicable(f"{config.file} has only one route")
    for route, reason in unreachable(config.route):
        where = Where(file=config.file, line=route.line)
        message = f"no alert reaches the route {route.name}: {reason}"
        yield Finding(message, where, "move it up, or set `continue: true` on the earlier one")
