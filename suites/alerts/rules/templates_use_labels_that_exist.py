"""Annotations use labels that the alert has.

A label that an aggregation dropped is empty in the message: ` on  is down`.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql import labels
from suites.alerts.helpers.findings import about, alert, expression
from suites.alerts.helpers.templates import labels_used
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{alert: A, expr: 'sum by (job) (a) > 1', annotations: {summary: '{{ $labels.job }}'}}"),
    Good("{alert: A, expr: a > 1, annotations: {summary: '{{ $labels.pod }}'}}"),
    Bad(
        "{alert: A, expr: 'sum by (job) (a) > 1', annotations: {summary: '{{ $labels.instance }}'}}",
        "`A`: annotation `summary` uses the label `instance`, which the expression drops",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#templating",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    found = labels(expression(alert(rule)))
    for kind, name, text in rule.text_labels():
        for label in dict.fromkeys(labels_used(text)):
            if found.lacks(label):
                message = f"{kind} `{name}` uses the label `{label}`, which the expression drops"
                yield about(rule, message, f"keep it: `by (…, {label})`")
