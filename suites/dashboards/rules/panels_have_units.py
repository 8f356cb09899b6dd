"""Every panel with numbers has a unit.

Without one a reader cannot tell seconds from milliseconds, or a share from a number.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.dashboards.helpers.panel_parts import overrides_unit
from suites.dashboards.helpers.panel_types import NUMBERS


@rule(
    Good("{panels: [{id: 1, type: stat, title: Up, fieldConfig: {defaults: {unit: short}}}, {id: 2, type: logs}]}"),
    Good("{panels: [{id: 1, type: graph, title: Up, yaxes: [{format: none}]}]}"),
    Good("{panels: [{id: 1, type: stat, title: Up, fieldConfig: {defaults: {mappings: [{type: value}]}}}]}"),
    Good(
        "{panels: [{id: 1, type: timeseries, title: Disk, fieldConfig: {overrides: [{matcher: {id: byRegexp, "
        "options: /read/}, properties: [{id: unit, value: Bps}]}]}}]}"
    ),
    Bad("{panels: [{id: 1, type: stat, title: Memory}]}", "panel `Memory` has no unit"),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    panels = [panel for panel in dashboard.panels if panel.type in NUMBERS and not panel.library]
    if not panels:
        raise NotApplicable(f"{dashboard.file} has no panel with numbers")
    for panel in panels:
        if not panel.unit and not panel.mapped and not overrides_unit(panel):
            where = Where(file=dashboard.at(panel.path), panel=panel.name)
            yield Finding(f"panel `{panel.name}` has no unit", where, "`fieldConfig.defaults.unit`: s, bytes, short, …")
