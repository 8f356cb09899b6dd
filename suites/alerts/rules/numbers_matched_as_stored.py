"""Matchers on `le` and `quantile` have the numbers as Prometheus 3 stores them.

Since version 3 a scraped `le="1"` is stored as `le="1.0"`; a matcher compares text, and finds nothing any more.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_faults import numbers_as_text
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good('{"alert": "A", "expr": "rate(x_bucket{le=\\"0.5\\"}[5m]) < rate(x_bucket{le=~\\"1|1\\\\\\\\.0\\"}[5m])"}'),
    Bad(
        '{"alert": "A", "expr": "x{quantile=\\"1\\"} > 5"}',
        '`A`: `1` in `quantile="1"` is no value that Prometheus 3 has scraped: it stores `1.0`',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/migration/#le-and-quantile-label-values",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, numbers_as_text(expression(rule)))
