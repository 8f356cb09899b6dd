"""An alert has tests in which it fires, stays silent, and finds no series.

Whether an alert would ever fire is not seen in its expression, and the day on which it should have is a bad one to find
out. `promtool test rules` needs no server.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.conditions import always_holds
from suites.alerts.helpers.findings import alert
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

WANTED = {"fires": "in which it fires", "silent": "in which it stays silent", "absent": "without its series"}


@rule(
    Good("{alert: A, expr: up == 0, tested: [fires, silent, absent]}"),
    Good("{alert: A, expr: vector(1), tested: [fires]}"),
    Bad(
        "{alert: A, expr: up == 0, tested: [silent]}",
        "`A` has no test in which it fires, nor one without its series",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    if alert(rule).tested is None or rule.language == "logql":
        raise NotApplicable("there are no tests of rules to compare with")
    wanted = ["fires"] if rule.promql.tree is not None and always_holds(rule.promql.tree) else list(WANTED)
    missing = [WANTED[kind] for kind in wanted if kind not in (rule.tested or ())]
    if missing:
        where = Where(file=rule.file, line=rule.line)
        yield Finding(f"`{rule.name}` has no test {', nor one '.join(missing)}", where, "`promtool test rules`")
