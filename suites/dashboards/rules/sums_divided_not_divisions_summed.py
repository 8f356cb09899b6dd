"""Sums are divided, not divisions summed up.

One series without requests divides zero by zero, and the sum or mean of all is NaN; besides, every series counts alike,
however few requests it had.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_faults import aggregated_divisions
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, parsed_promql


@rule(
    Good(promql_panel("sum(rate(a_total[5m])) / sum(rate(b_total[5m]))")),
    Good(promql_panel("avg(rate(a_total[5m]) / (rate(b_total[5m]) > 0))")),
    Bad(
        promql_panel("avg(rate(a_total[5m]) / rate(b_total[5m]))"),
        "query A of panel `P`: `avg(rate(a_total[5m]) / rate(b_total[5m]))` is NaN as soon as one divisor is 0",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/instrumentation/#use-labels",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    yield from faults(dashboard, ((place, aggregated_divisions(tree)) for place, tree in parsed_promql(dashboard)))
