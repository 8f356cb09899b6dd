"""Panels do not come from the library of one Grafana.

A file brings no library panels: where Grafana does not have that one, the panel says that it cannot be loaded.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{panels: [{id: 1, title: P, type: stat}]}"),
    Bad(
        "{panels: [{id: 1, title: P, libraryPanel: {name: Shared, uid: abc}}]}",
        "panel `P` is the library panel `Shared`, which no file brings",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/manage-library-panels/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    if not dashboard.panels:
        raise NotApplicable(f"{dashboard.file} has no panel")
    for one in dashboard.panels:
        shared = one.model.get("libraryPanel")
        if one.library:
            name = shared.get("name") if isinstance(shared, dict) else ""
            message = f"panel `{one.name}` is the library panel `{name or one.name}`, which no file brings"
            where = Where(file=dashboard.at(one.path), panel=one.name)
            yield Finding(message, where, "unlink it, so that the panel itself is in the file")
