"""Rates are of counters, slopes of gauges, and sums of rates.

`rate` takes every decrease for a restart: of a gauge, or of a sum of counters, it shows jumps that never were.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_faults import functions_of_wrong_type
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good('{"alert": "A", "expr": "sum(rate(a_total[5m])) > 1"}'),
    Good('{"alert": "A", "expr": "predict_linear(free_bytes[6h], 3600) < 0"}'),
    Bad(
        '{"alert": "A", "expr": "rate(cache_used_bytes[5m]) > 0"}',
        "`A`: `rate` of `cache_used_bytes`, which is a gauge",
    ),
    Bad(
        '{"alert": "A", "expr": "rate(sum(a_total)[5m:]) > 1"}',
        "`A`: `rate` of a sum jumps whenever one of its counters restarts: `rate(sum(a_total)[5m:])`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/functions/#rate",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, functions_of_wrong_type(expression(rule)))
