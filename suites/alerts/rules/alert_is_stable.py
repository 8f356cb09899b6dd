"""An alert does not change its labels from one evaluation to the next.

`topk` picks other series every time, and each is an alert of its own: it fires, resolves and fires again.
"""

from collections.abc import Iterator

from promql_parser import AggregateExpr

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql import SAME_LABELS, nodes
from suites.alerts.helpers.findings import about, alert, expression
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{alert: A, expr: 'max by (job) (a) > 1'}"),
    Good("{alert: A, expr: 'topk by (job) (1, a) > 1'}"),
    Bad("{alert: A, expr: 'topk(3, a) > 1'}", "`A`: `topk` picks other series every time, each of them another alert"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/alerting/",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    for node in nodes(expression(alert(rule))):
        # With `by`, it chooses one of several equal series: each group stays.
        if isinstance(node, AggregateExpr) and str(node.op) in SAME_LABELS and node.modifier is None:
            message = f"`{node.op}` picks other series every time, each of them another alert"
            yield about(rule, message, "compare all of them with a limit")
