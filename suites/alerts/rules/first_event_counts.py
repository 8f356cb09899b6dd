"""An alert on any event fires for the first one, too.

Where a series begins with its first event (`code="500"`), it begins at 1, and `increase` sees no step from 0: the
first event fires nothing.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.conditions import misses_first
from suites.alerts.helpers.findings import about, alert, expression
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{alert: A, expr: 'increase(a_total[15m]) > 0'}"),
    Good(
        '{alert: A, expr: \'increase(a_total{code="500"}[15m]) > 0 or '
        '(a_total{code="500"} unless a_total{code="500"} offset 15m) > 0\'}'
    ),
    Bad(
        "{alert: A, expr: 'sum by (reason) (increase(a_total[15m])) > 0'}",
        "`A`: `a_total` has a series for each `reason` from its first event on, and no increase before the second",
    ),
    Bad(
        "{alert: A, expr: 'increase(a_total{outcome=\"lost\"}[1h]) >= 1'}",
        "`A`: `a_total` has a series for each `outcome` from its first event on, and no increase before the second",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    for name, label in misses_first(expression(alert(rule))):
        message = f"`{name}` has a series for each `{label}` from its first event on, and no increase before the second"
        yield about(rule, message, f"add `or ({name} unless {name} offset …) > 0`")
