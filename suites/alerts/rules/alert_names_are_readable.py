"""Alerts have short names in CamelCase.

The name is the subject of the message, and what routes, silences and runbooks refer to.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.findings import alert
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

LONGEST = 40


@rule(
    Good("{alert: TargetDown, expr: up == 0}"),
    Bad("{alert: target is down, expr: up == 0}", "the name `target is down` is not CamelCase"),
    Bad(f"{{alert: {'A' * 41}, expr: up == 0}}", f"the name `{'A' * 41}` has 41 characters; 40 are enough"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/alerting/",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    name, where = alert(rule).name, Where(file=rule.file, line=rule.line)
    if not name[:1].isupper() or not name.isalnum():
        yield Finding(f"the name `{name}` is not CamelCase", where, "`TargetDown`")
    if len(name) > LONGEST:
        yield Finding(f"the name `{name}` has {len(name)} characters; {LONGEST} are enough", where, "shorten it")
