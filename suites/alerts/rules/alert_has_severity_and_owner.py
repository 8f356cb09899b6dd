"""An alert has a severity and an owner.

Alertmanager routes by them: without, every alert goes to the same people with the same urgency.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.findings import alert
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

SEVERITIES = ("critical", "warning", "info", "none")
OWNERS = ("owner", "team")


@rule(
    Good("{alert: A, expr: up == 0, labels: {severity: critical, owner: platform}}"),
    Good("{alert: A, expr: up == 0, labels: {severity: '{{ $labels.level }}', team: storage}}"),
    Good("{alert: A, expr: 'sum by (team) (a) > 1', labels: {severity: warning}}"),
    Good("{alert: A, expr: up == 0, labels: {severity: warning}, target_labels: [job, instance, team]}"),
    Bad(
        "{alert: A, expr: 'sum by (job) (a) > 1'}",
        "`A` has no label `severity`",
        "`A` has neither a label `owner` nor `team`",
    ),
    Bad(
        "{alert: A, expr: up == 0, labels: {severity: warning}, target_labels: [job, instance]}",
        "`A` has neither a label `owner` nor `team`",
    ),
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
    carried = [_carries(rule, name) for name in OWNERS]
    if not any(carried) and None not in carried:
        hint = "the team that can do something about it: set one of them, or keep it from the series (`by (…, team)`)"
        yield Finding(f"`{rule.name}` has neither a label `owner` nor `team`", where, hint)
    elif not any(carried) and (severity in SEVERITIES or "{{" in severity):
        raise NotApplicable(
            f"whether the series of `{rule.name}` have a label `owner` or `team` cannot be known from files"
        )


def _carries(rule: AlertRule, name: str) -> bool | None:
    """Whether the alert has a label, from its rule or its series; None where that is not known."""
    if name in rule.labels:
        return bool(rule.labels[name])
    found, targets = rule.alert_labels, rule.around.target_labels
    if name in found.values:
        return found.values[name] != ""
    if found.closed:
        return False
    return None if targets is None else name in targets
