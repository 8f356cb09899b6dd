"""Messages are repeated at intervals that Alertmanager can keep.

It looks at a group once per `group_interval`, so nothing is repeated sooner; and it forgets after 120 hours
(`--data.retention`) that it has notified, and notifies again.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from stack.text.durations import HOUR, seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

RETENTION_S = 120 * HOUR


def config(route: str) -> str:
    return f"{{route: {{receiver: a, {route}}}, receivers: [{{name: a, webhook_configs: [{{url: 'http://a/'}}]}}]}}"


@rule(
    Good(config("repeat_interval: 5m, routes: [{repeat_interval: 120h, matchers: [a=b]}]")),
    Bad(
        config("group_interval: 10m, routes: [{repeat_interval: 5m, matchers: [a=b]}]"),
        "`route.routes[0]` has a `repeat_interval` of 5m, and looks at its groups every 10m only (`group_interval`)",
    ),
    Bad(
        config("repeat_interval: 1y"),
        "`route` has a `repeat_interval` of 1y, and Alertmanager forgets after 120h that it notified",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/alerting/latest/configuration/#route",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    if config.route is None:
        raise NotApplicable(f"{config.file} has no route")
    told = set()
    for _, route in config.route.walk():
        both = (route.repeat_interval, route.group_interval)
        repeat, group = seconds(both[0] or "4h"), seconds(both[1] or "5m")
        where = Where(file=config.file, line=route.line)
        if both in told or repeat is None or group is None:
            continue
        has = f"`{route.path}` has a `repeat_interval` of"
        told.add(both)  # routes below have what they do not set from it, and it is told once
        if repeat < group:
            message = (
                f"{has} {both[0] or '4h'}, and looks at its groups every {both[1] or '5m'} only (`group_interval`)"
            )
            yield Finding(message, where, "a `repeat_interval` is a multiple of the `group_interval`")
        elif repeat > RETENTION_S:
            message = f"{has} {both[0]}, and Alertmanager forgets after 120h that it notified"
            yield Finding(message, where, "start it with a longer `--data.retention`, or repeat sooner")
