"""Labels of an alert do not hold its value.

The labels are what an alert is told apart by: each new value is a new alert. With `for` it starts over every time and
never fires; without, it is sent again with each value. The value belongs into an annotation.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.findings import about, alert
from suites.alerts.helpers.templates import shows_value
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{alert: A, expr: a > 1, for: 5m, annotations: {summary: '{{ $value }} of them'}}"),
    Good("{alert: A, expr: a > 1, labels: {severity: '{{ if gt $value 5.0 }}critical{{ else }}warning{{ end }}'}}"),
    Bad(
        "{alert: A, expr: a > 1, for: 10m, labels: {percent: '{{ $value | humanize }}'}}",
        "`A`: the label `percent` holds `$value`, so every new value is a new alert, and `for` starts over: it never "
        "fires while the value changes",
    ),
    Bad(
        "{alert: A, expr: a > 1, labels: {now: '{{ .Value }}'}}",
        "`A`: the label `now` holds `$value`, so every new value is a new alert",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#templating",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    for name, text in alert(rule).labels.items():
        if shows_value(text):
            never = ", and `for` starts over: it never fires while the value changes" if rule.for_s else ""
            message = f"the label `{name}` holds `$value`, so every new value is a new alert{never}"
            yield about(rule, message, "move it to an annotation")
