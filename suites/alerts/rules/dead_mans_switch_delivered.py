"""The alert that always fires is delivered.

A dead man's switch proves the whole chain: whoever stops hearing of it knows that alerts are lost. Sent to a receiver
that notifies nobody, it proves nothing; muted at night, it is a false alarm each night.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from suites.alerts.helpers.routing import dead_mans_switches, unreachable
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule

RECEIVERS = "receivers: [{name: all, webhook_configs: [{url: 'http://chat/'}]}, {name: nowhere}]"


def config(*routes: str, receiver: str = "all", more: str = "") -> str:
    return f"{{route: {{receiver: {receiver}, routes: [{', '.join(routes)}]}}, {RECEIVERS}{more}}}"


ALWAYS = ", alerts: [{alert: Watchdog, expr: vector(1), labels: {severity: none}}]"
NIGHT = ", time_intervals: [{name: night, time_intervals: [{times: [{start_time: '00:00', end_time: '06:00'}]}]}]"


@rule(
    Good(config("{matchers: [alertname=Watchdog], receiver: all}", receiver="nowhere", more=ALWAYS)),
    Good(config("{matchers: [alertname=InfoInhibitor], receiver: nowhere}", more=ALWAYS)),
    Bad(
        config("{matchers: [severity=none], receiver: nowhere}", more=ALWAYS),
        "`Watchdog`, which always fires, goes to `nowhere`, which notifies nobody",
    ),
    Bad(
        config("{matchers: [alertname=DeadMansSwitch], receiver: nowhere}"),
        "`DeadMansSwitch`, which always fires, goes to `nowhere`, which notifies nobody",
    ),
    Bad(
        config("{matchers: [alertname=Watchdog], mute_time_intervals: [night]}", more=ALWAYS + NIGHT),
        "`Watchdog`, which always fires, is muted by the time interval `night`, and then missed",
    ),
    Unjudged(
        config("{matchers: [pod=a]}", more=ALWAYS.replace("severity: none", "pod: '{{ $labels.pod }}'")),
        NotCollected("it is not known which route `Watchdog` takes"),
    ),
    Unjudged(
        config("{matchers: [pod=a]}", "{matchers: [alertname=Watchdog]}"),
        NotApplicable("it is not known which route `Watchdog` takes"),
    ),
    Unjudged(
        config("{receiver: nowhere}", "{matchers: [alertname=Watchdog]}", more=ALWAYS),
        NotApplicable("the route of `Watchdog` cannot be reached, see `alerts/routes-reachable`"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/alerting/#metamonitoring",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    switches = dead_mans_switches(config)
    if config.route is None or not switches:
        raise NotApplicable("no alert always fires")
    # A route of its own that cannot be reached is another rule's finding, and the cause of this one.
    eaten = {value for route, _ in unreachable(config.route) for one in route.matchers for value in one.values or ()}
    why: list[NotApplicable | NotCollected] = []
    for name, labels in switches.items():
        taken = config.route.taken_by(labels)
        if taken is None:
            # Without its rule, the other labels of an alert are not known as a rule.
            raised = NotCollected if config.alerts else NotApplicable
            why.append(raised(f"it is not known which route `{name}` takes"))
        elif name not in eaten and all(route.receiver in config.silent for route in taken):
            receivers = " and ".join(dict.fromkeys(f"`{route.receiver}`" for route in taken))
            message = f"`{name}`, which always fires, goes to {receivers}, which notifies nobody"
            where = Where(file=config.file, line=taken[0].line)
            yield Finding(message, where, "give it a route of its own, to a service that expects it regularly")
        elif all(route.muted for route in taken):
            intervals = " and ".join(dict.fromkeys(f"`{one}`" for route in taken for one in route.muted))
            message = f"`{name}`, which always fires, is muted by the time interval {intervals}, and then missed"
            yield Finding(message, Where(file=config.file, line=taken[0].line), "give it a route that is never muted")
        elif name in eaten and all(route.receiver in config.silent for route in taken):
            why.append(NotApplicable(f"the route of `{name}` cannot be reached, see `alerts/routes-reachable`"))
    if len(why) == len(switches):
        raise why[0]
