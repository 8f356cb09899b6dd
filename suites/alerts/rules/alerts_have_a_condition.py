"""An alert has a condition.

An expression without a comparison has a result whatever its value, and the alert fires for as long as there are series.
`absent(…)` is a condition, and an alert on nothing measured (`vector(1)`) is meant to fire always.
"""

import re
from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.conditions import always_holds, filters
from suites.alerts.helpers.findings import about, alert, expression
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{alert: A, expr: 'up == 0'}"),
    Good('{alert: A, expr: \'absent(up{job="a"}) or absent(up{job="b"})\'}'),
    Good("{alert: DeadMansSwitch, expr: vector(1)}"),
    Good("{alert: A, expr: 'sum(a_total unless a_total offset 1h)'}"),
    Bad("{alert: A, expr: 'rate(errors_total[5m])'}", "`A`: it has no condition, and fires for every series"),
    Bad(
        "{alert: A, expr: 'up == bool 0'}",
        "`A`: it has no condition, and fires for every series: `bool` makes 0 or 1 of it, and both are results",
    ),
    Bad(
        "{language: logql, alert: A, expr: 'sum(count_over_time({job=\"a\"}[5m]))'}",
        "`A`: it has no condition, and fires for every series",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#defining-alerting-rules",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    if alert(rule).language == "logql":
        query = rule.logql
        if query.unknown or query.error or not query.metric:
            raise NotApplicable(f"`{rule.name}` is no LogQL that could be parsed to numbers")
        conditional = query.compared or query.absent or not query.selectors
    else:
        tree = expression(rule)
        conditional = always_holds(tree) or filters(tree)
    if not conditional:
        with_bool = re.search(r"[<>=]\s*bool\b", rule.expr)
        more = ": `bool` makes 0 or 1 of it, and both are results" if with_bool else ""
        yield about(rule, f"it has no condition, and fires for every series{more}", "compare: `… > 0`")
