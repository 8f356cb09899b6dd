"""Panels lie inside the grid and do not cover each other.

Grafana pushes panels that overlap down or apart, so that the dashboard is not the one that was arranged.
"""

from collections.abc import Iterator
from itertools import combinations

from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.panel import GRID_COLUMNS, Panel
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


def board(*positions: str) -> str:
    panels = (f"{{id: {at}, title: P{at}, gridPos: {{{position}}}}}" for at, position in enumerate(positions, 1))
    return f"{{panels: [{', '.join(panels)}]}}"


@rule(
    Good(board("x: 0, y: 0, w: 12, h: 8", "x: 12, y: 0, w: 12, h: 8", "x: 0, y: 8, w: 24, h: 8")),
    Bad(
        board("x: 0, y: 0, w: 12, h: 8", "x: 11, y: 7, w: 12, h: 8"),
        "the panels `P1` and `P2` overlap",
    ),
    Bad(board("x: 18, y: 0, w: 12, h: 8"), "panel `P1` ends at column 30; the grid has 24"),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/#panel-size-and-position",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    panels = [panel for panel in dashboard.panels if panel.height]
    if not panels:
        raise NotApplicable(f"{dashboard.file} has no panel with a position")
    for panel in panels:
        if panel.x + panel.width > GRID_COLUMNS:
            where = Where(file=dashboard.at(panel.path), panel=panel.name)
            message = f"panel `{panel.name}` ends at column {panel.x + panel.width}; the grid has {GRID_COLUMNS}"
            yield Finding(message, where, "`gridPos.x` and `gridPos.w` together are 24 at most")
    for one, other in combinations(panels, 2):
        if one.collapsed == other.collapsed and _overlap(one, other):
            where = Where(file=dashboard.at(other.path), panel=other.name)
            message = f"the panels `{one.name}` and `{other.name}` overlap"
            yield Finding(message, where, f"`gridPos.y` of the lower one is {one.y + one.height} at least")


def _overlap(one: Panel, other: Panel) -> bool:
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    return not beside and one.y < other.y + other.height and other.y < one.y + one.height
