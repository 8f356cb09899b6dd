"""An alert has a severity and an owner.

Alertmanager routes by them: without, every alert goes to the same people with the same urgency.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.findings import alert
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

SEVERITIES = ("critical", "warning", "info", "none")
OWNERS = ("owner", "team")


@rule(
    Good("{alert: A, expr: up == 0, labels: {severity: critical, owner: platform}}"),
    Good("{alert: A, expr: up == 0, labels: {severity: '{{ $labels.level }}', team: storage}}"),
    Bad("{alert: A, expr: up == 0}", "`A` has no label `severity`", "`A` has no label `owner`"),
    Bad(
        "{alert: A, expr: up == 0, labels: {severity: critcal, owner: platform}}",
        "`A` has the severity `critcal`, which is none of critical, warning, info, none",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/alerting/",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    where, given = Where(file=rule.file, line=rule.line), alert(rule).labels
    severity = given.get("severity", "")
    if not severity:
        yield Finding(f"`{rule.name}` has no label `severity`", where, f"one of {', '.join(SEVERITIES)}")
    elif severity not in SEVERITIES and "{{" not in severity:
        message = f"`{rule.name}` has the severity `{severity}`, which is none of {', '.join(SEVERITIES)}"
        yield Finding(message, where, "Alertmanager's routes match the text")
    if not any(given.get(name) for name in OWNERS):
        yield Finding(f"`{rule.name}` has no label `owner`", where, "the team that can do something about it")
