"""Conditions are on rates or increases of counters.

The value of a counter says how long a process has run, and falls to 0 whenever it restarts.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_faults import raw_counters
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good('{"alert": "A", "expr": "rate(a_total[5m]) > 1"}'),
    Good('{"alert": "A", "expr": "a_total unless a_total offset 10m"}'),
    Bad(
        '{"alert": "A", "expr": "a_total > 100"}',
        "`A`: the counter `a_total` is used without `rate()` or `increase()`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/functions/#rate",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, raw_counters(expression(rule)))
