"""Heatmaps of classic histograms get buckets, not totals.

Buckets of Prometheus are cumulative. Grafana takes them apart for the query format `heatmap` only; in any other every
row holds all those below it.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql import labels, metric, selectors
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import finding, parsed_promql

BUCKETS = "sum by (le) (increase(a_bucket[5m]))"


@rule(
    Good(promql_panel(BUCKETS, type="heatmap", target={"format": "heatmap"})),
    Bad(
        promql_panel(BUCKETS, type="heatmap"),
        "query A of panel `P`: the heatmap gets cumulative buckets, since the format of the query is not `heatmap`",
    ),
    Unjudged(promql_panel(BUCKETS), NotApplicable("dashboard.json has no heatmap of classic buckets")),
    Unjudged(
        promql_panel("sum(rate(native[5m]))", type="heatmap"),
        NotApplicable("dashboard.json has no heatmap of classic buckets"),
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/datasources/prometheus/query-editor/#format",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    heatmaps = {panel.path for panel in dashboard.panels if panel.type == "heatmap"}
    judged = False
    for place, tree in parsed_promql(dashboard):
        buckets = all(metric(one).endswith("_bucket") for one in selectors(tree)) and not labels(tree).lacks("le")
        given = place.query.model.get("format") if place.query is not None else ""
        if place.path.rpartition(".targets")[0] not in heatmaps or not buckets:
            continue
        judged = True
        if given != "heatmap":
            message = "the heatmap gets cumulative buckets, since the format of the query is not `heatmap`"
            yield finding(dashboard, place, message, '`"format": "heatmap"`')
    if not judged:
        raise NotApplicable(f"{dashboard.file} has no heatmap of classic buckets")
