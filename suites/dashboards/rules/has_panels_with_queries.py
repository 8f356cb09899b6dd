"""A dashboard has panels with queries.

A dashboard without queries passes every check of query results: there are none.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.dashboards.helpers.panel_types import DRAWING

QUERY = "targets: [{refId: A, expr: up}]"


@rule(
    Good(f"{{uid: a, title: A, panels: [{{id: 1, title: Up, type: stat, {QUERY}}}, {{id: 2, type: text}}]}}"),
    Good(f"{{uid: a, title: A, panels: [{{id: 1, type: row, panels: [{{id: 2, type: stat, {QUERY}}}]}}]}}"),
    Good(
        "{uid: a, title: A, panels: [{id: 1, type: stat, targets: [{expr: up}, {refId: B, expr: ''}]}, "
        "{id: 2, type: text, targets: [{refId: A, expr: ''}]}]}"
    ),
    Bad("{uid: a, title: A, panels: []}", "no panel of the dashboard has a query"),
    Bad("{uid: a, title: A, panels: [{id: 1, title: Up, type: stat}]}", "no panel of the dashboard has a query"),
    Bad(
        "{uid: a, title: A, panels: [{id: 1, title: Up, type: stat, targets: [{refId: A, expr: ' '}]}]}",
        "query A of panel `Up` is empty",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/panels-visualizations/query-transform-data/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    if dashboard.problem or (dashboard.panels and not any(panel.type in DRAWING for panel in dashboard.panels)):
        raise NotApplicable(f"{dashboard.file} has no panel that needs a query")
    if not any(panel.queries or panel.library for panel in dashboard.panels):
        hint = "add a panel with a query, or remove the dashboard"
        yield Finding("no panel of the dashboard has a query", Where(file=dashboard.file), hint)
    for panel in dashboard.panels:
        # An empty query beside others is one that nobody removed; Grafana does not send it.
        empty = [query for query in panel.queries if "expr" in query.model and not query.expr.strip()]
        if empty and len(empty) == len(panel.queries) and panel.type in DRAWING:
            where = Where(file=dashboard.at(empty[0].path), panel=panel.name)
            yield Finding(f"query {empty[0].ref_id} of panel `{panel.name}` is empty", where, "set its `expr`")
