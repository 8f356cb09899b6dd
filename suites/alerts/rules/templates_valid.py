"""Templates of labels and annotations can be expanded.

Prometheus refuses a rule file whose templates it cannot read, and with it every rule in it.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.findings import about, alert
from suites.alerts.helpers.templates import problems
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{alert: A, expr: up == 0, annotations: {summary: '{{ $labels.job }} {{ $value | humanize }} {{ .Value }}'}}"),
    Good("{alert: A, expr: up == 0, annotations: {a: '{{ $v := $value }}{{ with query \"up\" }}{{ $v }}{{ end }}'}}"),
    Bad(
        "{alert: A, expr: up == 0, annotations: {summary: '{{ $label.job }}', description: '{{ $value'}}",
        "`A`: annotation `summary`: the variable `$label` is not defined; did you mean `$labels`?",
        "`A`: annotation `description`: an action is not closed with `}}`",
    ),
    Bad(
        "{alert: A, expr: up == 0, labels: {team: '{{ $value | humanise }}'}}",
        "`A`: label `team`: there is no function `humanise`; did you mean `humanize`?",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/template_reference/",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    for kind, name, text in alert(rule).text_labels():
        for problem in problems(text):
            yield about(rule, f"{kind} `{name}`: {problem}", "`promtool check rules` expands them")
