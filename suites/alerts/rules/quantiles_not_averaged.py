"""Quantiles are not averaged.

The average of the 95th percentiles of ten instances is no percentile of anything: one slow instance is lost in it.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_faults import averaged_quantiles
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{alert: A, expr: 'max(histogram_quantile(0.9, sum by (job, le) (rate(a_bucket[5m])))) > 1'}"),
    Bad(
        "{alert: A, expr: 'avg(histogram_quantile(0.9, rate(a_bucket[5m]))) > 1'}",
        "`A`: `avg(histogram_quantile(0.9, rate(a_bucket[5m])))` is no quantile: those of parts cannot be averaged",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/histograms/#quantiles",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, averaged_quantiles(expression(rule)))
