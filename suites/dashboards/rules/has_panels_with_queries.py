"""A dashboard has panels with queries.

A dashboard without queries passes every check of query results: there are none.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

QUERY = "targets: [{refId: A, expr: up}]"


@rule(
    Good(f"{{uid: a, title: A, panels: [{{id: 1, title: Up, type: stat, {QUERY}}}, {{id: 2, type: text}}]}}"),
    Good(f"{{uid: a, title: A, panels: [{{id: 1, type: row, panels: [{{id: 2, type: stat, {QUERY}}}]}}]}}"),
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
    if dashboard.problem:
        raise NotApplicable(f"{dashboard.file} cannot be read")
    queries = [(panel, query) for panel in dashboard.panels for query in panel.queries]
    if not queries:
        hint = "add a panel with a query, or remove the dashboard"
        yield Finding("no panel of the dashboard has a query", Where(file=dashboard.file), hint)
    for panel, query in queries:
        if not query.expr.strip() and query.datasource.type in ("", "prometheus", "loki"):
            where = Where(file=dashboard.file, panel=panel.name)
            yield Finding(f"query {query.ref_id} of panel `{panel.name}` is empty", where, "set its `expr`")
