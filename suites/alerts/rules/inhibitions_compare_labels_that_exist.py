"""The labels that an inhibition compares are ones that alerts have.

A label that is missing on both sides counts as equal: the alert then hides every other one that the matchers name,
whatever these are about.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from suites.alerts.helpers.routing import hidden_pair, known_pair
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

RECEIVER = "route: {receiver: a}, receivers: [{name: a, webhook_configs: [{url: 'http://chat/'}]}]"
ALERTS = (
    "alerts: [{alert: Down, expr: sum by (job) (up) == 0, labels: {severity: critical}}, "
    "{alert: Slow, expr: max by (job) (a) > 1, labels: {severity: warning}}]"
)


def config(equal: str) -> str:
    inhibition = f"{{source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [{equal}]}}"
    return f"{{{RECEIVER}, {ALERTS}, inhibit_rules: [{inhibition}]}}"


@rule(
    Good(config("job")),
    Good(config("job, cluster")),
    Bad(
        config("cluster, namespace"),
        'the inhibition of `{severity="warning"}` by `{severity="critical"}`: neither `Down` nor `Slow` has '
        "`cluster` or `namespace`, so each `Down` hides every `Slow`",
    ),
    Unjudged(
        config("cluster").replace("sum by (job) (up)", "a"),
        NotApplicable("no pair of alerts has labels that are all known"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/configuration/#inhibition-related-settings",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    inhibitions = [one for one in config.inhibitions if one.equal]
    if not config.alerts or not inhibitions:
        raise NotApplicable("there is no inhibition that compares labels, or it is not known which alerts there are")
    for inhibition in inhibitions:
        if pair := hidden_pair(inhibition, config.alerts):
            source, target = (alert.name for alert in pair)
            names = " or ".join(f"`{name}`" for name in inhibition.equal)
            message = f"{inhibition.name}: neither `{source}` nor `{target}` has {names}, so each `{source}` hides"
            where = Where(file=config.file, line=inhibition.line)
            yield Finding(f"{message} every `{target}`", where, "compare a label that both have: `equal: [job]`")
    if not any(known_pair(one, config.alerts) for one in inhibitions):
        raise NotApplicable("no pair of alerts has labels that are all known")
