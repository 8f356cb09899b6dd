"""Alertmanager's file is one that it accepts.

With a file that it refuses Alertmanager goes on with the old one, and does not start again.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{route: {receiver: a, routes: [{matchers: ['{a=\"b\", c!=d}']}]}, receivers: [{name: a}]}"),
    Bad("{route: {receiver: b}, receivers: [{name: a}]}", "`route` leads to `b`, which is not among the receivers"),
    Bad(
        "{route: {receiver: a, routes: [{matchers: [severity], continue: 3}, 7]}, receivers: {name: a}, routes: []}",
        '`severity` is no matcher, such as `severity="critical"`',
        "`routes` is not a key that Alertmanager knows",
        "`receivers` is an object, not a list",
        "`route.routes[1]` is a number, not an object",
        "`route.routes[0].continue` is a number, not a truth value",
    ),
    Bad("{receivers: [{name: a}]}", "there is no `route`"),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/configuration/",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    for line, problem in config.problems:
        yield Finding(problem, Where(file=config.file, line=line), "`amtool check-config` says whether it is accepted")
