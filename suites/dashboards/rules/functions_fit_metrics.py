"""Rates are of counters, slopes of gauges, and sums of rates.

`rate` takes every decrease for a restart: of a gauge, or of a sum of counters, it shows jumps that never were.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_faults import functions_of_wrong_type
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, parsed_promql


@rule(
    Good(promql_panel("sum(rate(a_total[5m])) + deriv(a_bytes[5m])")),
    Good(promql_panel("max_over_time(sum(rate(a_total[5m]))[1h:])")),
    Bad(
        promql_panel("rate(cache_used_bytes[5m])"),
        "query A of panel `P`: `rate` of `cache_used_bytes`, which is a gauge",
    ),
    Bad(
        promql_panel("predict_linear(a_total[1h], 60)"),
        "query A of panel `P`: `predict_linear` of `a_total`, which is a counter",
    ),
    Bad(
        promql_panel("rate(sum(a_total)[5m:])"),
        "query A of panel `P`: `rate` of a sum jumps whenever one of its counters restarts: `rate(sum(a_total)[5m:])`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/functions/#rate",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    yield from faults(dashboard, ((place, functions_of_wrong_type(tree)) for place, tree in parsed_promql(dashboard)))
