"""Comparisons can be true.

An alert on a comparison that no value fulfils never fires. A count of nothing, for one, is not 0 but nothing.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_faults import impossible
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good('{"alert": "A", "expr": "absent(up{job=\\"a\\"}) or sum(up{job=\\"a\\"}) == 0"}'),
    Good('{"alert": "A", "expr": "count(up == 0) > 2"}'),
    Bad(
        '{"alert": "A", "expr": "count(up{job=\\"a\\"}) == 0"}',
        '`A`: `count(up{job="a"}) == 0` is never true: a count of no series is no series, not 0',
    ),
    Bad(
        '{"alert": "A", "expr": "rate(a_total[5m]) < 0"}',
        "`A`: `rate(a_total[5m]) < 0` is never true: counters only increase",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/operators/#comparison-binary-operators",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, impossible(expression(rule)))
