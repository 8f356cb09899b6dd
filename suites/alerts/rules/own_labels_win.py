"""Rules set no label that Prometheus overwrites, and use external labels that it has.

An external label is added to every alert that has none of that name; a rule that sets another value for it hides where
the alert comes from.
"""

import re
from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.findings import about
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

USED = re.compile(r"(?:\$externalLabels|\.ExternalLabels)\.(\w+)")


@rule(
    Good("{external_labels: {cluster: a}, alert: A, expr: up == 0, annotations: {a: '{{ $externalLabels.cluster }}'}}"),
    Bad(
        "{external_labels: {cluster: a}, alert: A, expr: up == 0, labels: {cluster: b}}",
        "`A`: it sets the label `cluster` to `b`, and `external_labels` has `a`",
    ),
    Bad(
        "{external_labels: {cluster: a}, alert: A, expr: up == 0, annotations: {a: '{{ $externalLabels.region }}'}}",
        "`A`: annotation `a` uses the external label `region`, which is not configured",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#configuration-file",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    external = rule.around.external_labels
    if not external:
        raise NotApplicable("no external labels are known")
    for name, value in rule.labels.items():
        if name in external and external[name] != value:
            message = f"it sets the label `{name}` to `{value}`, and `external_labels` has `{external[name]}`"
            yield about(rule, message, "choose another name for the label")
    for kind, where, text in rule.text_labels():
        for name in USED.findall(text):
            if name not in external:
                message = f"{kind} `{where}` uses the external label `{name}`, which is not configured"
                yield about(rule, message, f"configured: {', '.join(external)}")
