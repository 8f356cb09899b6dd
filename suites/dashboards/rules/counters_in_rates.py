"""Counters are shown as a rate or an increase.

The value of a counter says how long a process has run, and falls to 0 whenever it restarts.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_faults import raw_counters
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, parsed_promql


@rule(
    Good(promql_panel("sum(rate(a_total[$__rate_interval])) + b")),
    Good(promql_panel("count(a_total) or a unless b_total")),
    Bad(
        promql_panel("sum by (job) (a_total)"),
        "query A of panel `P`: the counter `a_total` is used without `rate()` or `increase()`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/functions/#rate",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    yield from faults(
        dashboard, ((place, raw_counters(tree)) for place, tree in parsed_promql(dashboard) if place.query)
    )
