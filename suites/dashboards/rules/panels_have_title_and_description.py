"""Every panel has a title and a description.

At three in the morning a panel is read by one who did not build it: what is shown, and what is normal?
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

WITHOUT = frozenset({"text", "news", "dashlist", "welcome", "row"})
"""Panels that explain themselves."""


@rule(
    Good("{panels: [{id: 1, type: stat, title: Up, description: Services that answer.}, {id: 2, type: text}]}"),
    Bad(
        "{panels: [{id: 1, type: stat, title: Up}, {id: 2, type: stat, description: Services that answer.}]}",
        "panel `Up` has no description",
        "panel `panel 2` has no title",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/best-practices/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    panels = [panel for panel in dashboard.panels if panel.type not in WITHOUT and not panel.library]
    if not panels:
        raise NotApplicable(f"{dashboard.file} has no panel that needs them")
    for panel in panels:
        missing = [name for name in ("title", "description") if not getattr(panel, name)]
        if missing:
            where = Where(file=dashboard.at(panel.path), panel=panel.name)
            yield Finding(f"panel `{panel.name}` has no {' and no '.join(missing)}", where, "say what is normal")
