"""A share of failures is divided by all events, not by the successes.

When everything fails there is no series of successes left to divide by: the ratio has no result, and the alert is
silent at the worst moment.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_faults import ratios_without_total
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good('{"alert": "A", "expr": "sum(rate(a_total{code=~\\"5..\\"}[5m])) / sum(rate(a_total[5m])) > 0.1"}'),
    Bad(
        '{"alert": "A", "expr": "rate(a_total{result=\\"error\\"}[5m]) / rate(a_total{result=\\"success\\"}[5m]) > 1"}',
        '`A`: `rate(a_total{result="error"}[5m]) / rate(a_total{result="success"}[5m])` has no result where there is '
        'no series with `result="success"`: when everything fails it is silent',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/alerting/",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, ratios_without_total(expression(rule)))
