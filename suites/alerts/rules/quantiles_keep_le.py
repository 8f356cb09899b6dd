"""`histogram_quantile` is given buckets with their label `le`.

Where an aggregation drops the label, there are no buckets left to estimate from, and the alert never fires.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_faults import quantiles, quantiles_without_le
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule


@rule(
    Good('{"alert": "A", "expr": "histogram_quantile(0.9, sum by (job, le) (rate(x_bucket[5m]))) > 1"}'),
    Bad(
        '{"alert": "A", "expr": "histogram_quantile(0.9, sum by (job) (rate(x_bucket[5m]))) > 1"}',
        "`A`: `histogram_quantile` gets buckets without `le`: `sum by (job) (rate(x_bucket[5m]))`",
    ),
    Unjudged("{alert: A, expr: up == 0}", NotApplicable("`A` has no quantile of a histogram")),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, quantiles_without_le(expression(rule, quantiles, "quantile of a histogram")))
