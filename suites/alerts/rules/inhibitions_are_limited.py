"""An inhibition hides no more than what its alert explains.

Without labels to compare, one alert of a kind hides all others everywhere; and one that always fires hides them for
good.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from stack.records.alerts.labels import all_match
from suites.alerts.helpers.routing import dead_mans_switches
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

RECEIVER = "route: {receiver: a}, receivers: [{name: a, webhook_configs: [{url: 'http://chat/'}]}]"


def config(inhibition: str) -> str:
    return f"{{{RECEIVER}, alerts: [{{alert: Watchdog, expr: vector(1)}}], inhibit_rules: [{{{inhibition}}}]}}"


@rule(
    Good(config("source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [job]")),
    Good(config("source_matchers: [alertname=SiteDown], target_matchers: [site=a]")),
    Bad(
        config("source_matchers: [severity=critical], target_matchers: [severity=warning]"),
        'the inhibition of `{severity="warning"}` by `{severity="critical"}` compares no labels: any such alert '
        "hides all of them",
    ),
    Bad(
        config("source_matchers: [alertname=SiteDown], target_matchers: ['severity=~\".*\"']"),
        'the inhibition of `{severity=~".*"}` by `{alertname="SiteDown"}` compares no labels, and its target is '
        "every alert",
    ),
    Bad(
        config("source_matchers: [alertname=Watchdog], target_matchers: [severity=warning], equal: [system]"),
        'the inhibition of `{severity="warning"}` by `{alertname="Watchdog"}`: `Watchdog` always fires, so they '
        "are hidden for good",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/configuration/#inhibition-related-settings",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    if not config.inhibitions:
        raise NotApplicable(f"{config.file} has no inhibition")
    switches = dead_mans_switches(config)
    for one in config.inhibitions:
        where = Where(file=config.file, line=one.line)
        always = [name for name, labels in switches.items() if one.source and all_match(one.source, labels)]
        if always:
            message = f"{one.name}: `{always[0]}` always fires, so they are hidden for good"
            yield Finding(message, where, "leave it out of the source: `alertname!=…`")
        elif not one.equal and all(matcher.anything for matcher in one.target):
            message = f"{one.name} compares no labels, and its target is every alert"
            yield Finding(message, where, "name the alerts that it explains, and compare: `equal: [job]`")
        elif not one.equal and not any(matcher.name == "alertname" for matcher in one.source):
            message = f"{one.name} compares no labels: any such alert hides all of them"
            yield Finding(message, where, "compare what they are about: `equal: [job, instance]`")
