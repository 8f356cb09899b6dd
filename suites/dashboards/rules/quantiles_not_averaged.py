"""Quantiles are not averaged.

The average of the 95th percentiles of ten instances is no percentile of anything: one slow instance is lost in it.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_faults import averaged_quantiles
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, parsed_promql


@rule(
    Good(promql_panel("max(histogram_quantile(0.9, sum by (job, le) (rate(a_bucket[5m]))))")),
    Bad(
        promql_panel("avg(histogram_quantile(0.9, rate(a_bucket[5m])))"),
        "query A of panel `P`: `avg(histogram_quantile(0.9, rate(a_bucket[5m])))` is no quantile: those of parts "
        "cannot be averaged",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/histograms/#quantiles",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    yield from faults(dashboard, ((place, averaged_quantiles(tree)) for place, tree in parsed_promql(dashboard)))
