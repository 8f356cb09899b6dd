"""The top series are chosen once, not at every step.

`topk(5, …)` over time chooses at each step: a graph shows many more than five series, each for a while.
"""

from collections.abc import Iterator

from promql_parser import AggregateExpr

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql import bare, selectors
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import finding, parsed_promql

OVER_TIME = frozenset({"timeseries", "graph", "barchart"})


@rule(
    Good(promql_panel("topk(5, up)", target={"instant": True})),
    Good(promql_panel("topk(5, up)", type="table")),
    Good(promql_panel("topk(5, rate(a_total[5m] @ end()))")),
    Bad(promql_panel("topk(5, up)"), "query A of panel `P`: `topk` chooses anew at every step of the graph"),
    Unjudged(promql_panel("up"), NotApplicable("dashboard.json has no `topk` or `bottomk`")),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/operators/#aggregation-operators",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    kinds = {panel.path: panel.type for panel in dashboard.panels}
    judged = False
    for place, tree in parsed_promql(dashboard):
        root, kind = bare(tree), kinds.get(place.path.rpartition(".targets")[0], "")
        if not isinstance(root, AggregateExpr) or str(root.op) not in ("topk", "bottomk"):
            continue
        judged = True
        if kind not in OVER_TIME:
            continue
        if place.query is not None and not place.query.instant and all(one.at is None for one in selectors(root)):
            message = f"`{root.op}` chooses anew at every step of the graph"
            yield finding(dashboard, place, message, "a table of an instant query, or series of a fixed choice")
    if not judged:
        raise NotApplicable(f"{dashboard.file} has no `topk` or `bottomk`")
