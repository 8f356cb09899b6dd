"""An alert has a summary, a description and a runbook.

Whoever is woken by it sees nothing else: what is wrong, what it means, and what to do.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.findings import about, alert
from suites.alerts.helpers.templates import writes_braces
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

NEEDED = {"summary": (), "description": ("message",), "runbook_url": ("runbook",)}
"""Annotations, each with the names that others give it."""


@rule(
    Good("{alert: A, expr: up == 0, annotations: {summary: It is down, message: For long., runbook_url: docs/a.md}}"),
    Bad(
        "{alert: A, expr: up == 0, annotations: {summary: It is down}}", "`A` has no `description` and no `runbook_url`"
    ),
    Bad(
        """{alert: A, expr: up, annotations: {summary: '{{ "{{" }} $value {{ "}}" }}', message: a, runbook: b}}""",
        "`A`: annotation `summary` writes the braces of a template, not what it stands for",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/alerting/",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    given = alert(rule).annotations
    for kind, name, text in rule.text_labels():
        if writes_braces(text):
            message = f"{kind} `{name}` writes the braces of a template, not what it stands for"
            yield about(rule, message, "it was escaped for another program, such as Helm: write `{{ $value }}`")
    missing = [
        name for name, others in NEEDED.items() if not any(given.get(one, "").strip() for one in (name, *others))
    ]
    if missing:
        what = " and no ".join(f"`{name}`" for name in missing)
        where = Where(file=rule.file, line=rule.line)
        yield Finding(f"`{rule.name}` has no {what}", where, "set them under `annotations`")
