"""A dashboard file sets the uid of its dashboard.

Links, alerts and bookmarks refer to a dashboard by its uid. Without one each new Grafana generates another.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{uid: services, title: Services, panels: [{id: 1}]}"),
    Bad("{title: Services, panels: [{id: 1}]}", "the dashboard has no `uid`"),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    if not dashboard.uid and not dashboard.problem:
        hint = 'set a short stable name, such as `"uid": "services"`'
        yield Finding("the dashboard has no `uid`", Where(file=dashboard.file), hint)
