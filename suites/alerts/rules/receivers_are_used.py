"""Receivers are used, and what no route takes is notified, too.

A receiver without a route gets nothing, and says so nowhere. Where the first route's receiver notifies nobody, every
new alert is lost until somebody adds a route for it.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from stack.records.alerts.labels import covered
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

RECEIVERS = "receivers: [{name: a, webhook_configs: [{url: 'http://chat/'}]}, {name: nobody}]"


@rule(
    Good(f"{{route: {{receiver: a, routes: [{{matchers: [alertname=Noise], receiver: nobody}}]}}, {RECEIVERS}}}"),
    Good(f"{{route: {{receiver: nobody, routes: [{{matchers: [b=c], receiver: a}}, {{receiver: a}}]}}, {RECEIVERS}}}"),
    Bad(
        "{route: {receiver: a}, receivers: [{name: a}, {name: pager, webhook_configs: [{url: 'http://pager/'}]}]}",
        "no route leads to the receiver `pager`",
    ),
    Bad(
        f"{{route: {{receiver: nobody, routes: [{{matchers: [severity=critical], receiver: a}}]}}, {RECEIVERS}}}",
        "what no route takes goes to `nobody`, which notifies nobody",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/alerting/latest/configuration/#route",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    if config.route is None:
        raise NotApplicable(f"{config.file} has no route")
    used = {route.receiver for _, route in config.route.walk()}
    for one in config.receivers:
        if one.integrations and one.name not in used:
            where = Where(file=config.file, line=one.line)
            yield Finding(f"no route leads to the receiver `{one.name}`", where, "add a route, or remove it")
    first = config.route
    left = not covered((), tuple(route.matchers for route in first.routes))
    if first.receiver in config.silent and left and used - config.silent:
        where = Where(file=config.file, line=first.line)
        message = f"what no route takes goes to `{first.receiver}`, which notifies nobody"
        yield Finding(message, where, "give the first route a receiver that somebody reads")
