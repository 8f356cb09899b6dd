"""Every value of a dashboard file has the type that Grafana expects.

Grafana loads such a file with an error that names neither the file nor the key, or leaves the part out.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

PANEL = "{id: 1, title: Up, type: stat, targets: [{refId: A, expr: up}]}"


@rule(
    Good(f"{{annotations: {{list: null}}, links: null, refresh: false, panels: [{PANEL}]}}"),
    Bad(f"{{annotations: {{list: {{}}}}, panels: [{PANEL}]}}", "`annotations.list` is an object, not a list"),
    Bad(
        f"{{panels: [{PANEL}, 7, {{id: 3, targets: {{A: up}}}}]}}",
        "`panels[1]` is a number, not an object",
        "`panels[2].targets` is an object, not a list",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    for mistake in dashboard.mistakes:
        yield Finding(mistake, Where(file=dashboard.file), "export the dashboard again, or correct the value by hand")
