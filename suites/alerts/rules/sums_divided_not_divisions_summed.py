"""Sums are divided, not divisions summed up.

One series without requests divides zero by zero, and the sum or mean of all is NaN, which no comparison is true for.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_faults import aggregated_divisions
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good('{"alert": "A", "expr": "sum(rate(a_total[5m])) / sum(rate(b_total[5m])) > 1"}'),
    Bad(
        '{"alert": "A", "expr": "avg(rate(a_total[5m]) / rate(b_total[5m])) > 1"}',
        "`A`: `avg(rate(a_total[5m]) / rate(b_total[5m]))` is NaN as soon as one divisor is 0",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/instrumentation/#use-labels",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, aggregated_divisions(expression(rule)))
