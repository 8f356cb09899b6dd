"""`histogram_quantile` is given buckets with their label `le`.

Where an aggregation drops the label, there are no buckets left to estimate from, and the panel is empty.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_faults import quantiles, quantiles_without_le
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, parsed_promql


@rule(
    Good(promql_panel("histogram_quantile(0.9, sum by (le) (rate(x_bucket[$__rate_interval])))")),
    Good(promql_panel("histogram_quantile(0.9, sum by (job) (rate(native_seconds[5m])))")),
    Bad(
        promql_panel("histogram_quantile(0.9, sum by (job) (rate(x_bucket[$__rate_interval])))"),
        "query A of panel `P`: `histogram_quantile` gets buckets without `le`: `sum by (job) (rate(x_bucket[5m]))`",
    ),
    Unjudged(promql_panel("up"), NotApplicable("no query of dashboard.json has a quantile of a histogram")),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    found = parsed_promql(dashboard, quantiles, "a quantile of a histogram")
    yield from faults(dashboard, ((place, quantiles_without_le(tree)) for place, tree in found))
