"""Every panel that draws data has a query.

A panel without one draws nothing, and its reader takes that for silence.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.dashboards.helpers.panel_types import DRAWING

UP = "{id: 1, type: stat, title: Up, targets: [{refId: A, expr: up}]}"


@rule(
    Good(f"{{panels: [{UP}, {{id: 2, type: text}}, {{id: 3, type: stat, libraryPanel: {{uid: a}}}}]}}"),
    Good(f"{{panels: [{UP}, {{id: 2, type: table, snapshotData: [], targets: [{{hide: true, expr: up}}]}}]}}"),
    Bad(f"{{panels: [{UP}, {{id: 2, type: stat, title: Errors}}]}}", "panel `Errors` has no query"),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/panels-visualizations/query-transform-data/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    panels = [panel for panel in dashboard.panels if panel.type in DRAWING and not panel.library]
    if not panels:
        raise NotApplicable(f"{dashboard.file} has no panel that draws data")
    for panel in panels:
        if not panel.queries and not panel.hidden_queries:
            where = Where(file=dashboard.at(panel.path), panel=panel.name)
            yield Finding(f"panel `{panel.name}` has no query", where, "add one, or remove the panel")
