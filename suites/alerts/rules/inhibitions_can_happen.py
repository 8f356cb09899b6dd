"""An inhibition does not compare a label that its matchers make different.

`alertname="A"` hides no `alertname="B"` whose `alertname` has to be equal: the messages come all the same.
"""

from collections.abc import Iterator

from stack.records.alerts.alertmanager import AlertmanagerConfig
from stack.records.alerts.labels import contradiction
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

RECEIVER = "route: {receiver: a}, receivers: [{name: a, webhook_configs: [{url: 'http://chat/'}]}]"


def config(source: str, target: str, equal: str) -> str:
    inhibition = f"{{source_matchers: [{source}], target_matchers: [{target}], equal: [{equal}]}}"
    return f"{{{RECEIVER}, inhibit_rules: [{inhibition}]}}"


@rule(
    Good(config("severity=critical", "severity=warning", "alertname, service")),
    Good(config("alertname=Down", "'alertname=~\"Down|Slow\"'", "alertname")),
    Bad(
        config("alertname=Down", "'alertname=~\"Slow|Full\"'", "alertname, service"),
        'the inhibition of `{alertname=~"Slow|Full"}` by `{alertname="Down"}` never happens: `alertname` has to be '
        "equal, and its matchers allow no value of both",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/configuration/#inhibition-related-settings",
)
def check(config: AlertmanagerConfig) -> Iterator[Finding]:
    if not any(one.equal for one in config.inhibitions):
        raise NotApplicable(f"{config.file} has no inhibition that compares labels")
    for inhibition in config.inhibitions:
        for label in inhibition.equal:
            if contradiction([one for one in (*inhibition.source, *inhibition.target) if one.name == label]):
                message = f"{inhibition.name} never happens: `{label}` has to be equal, and its matchers allow no value"
                where = Where(file=config.file, line=inhibition.line)
                yield Finding(f"{message} of both", where, f"leave `{label}` out of `equal`")
