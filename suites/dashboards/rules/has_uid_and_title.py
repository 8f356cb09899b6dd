"""A dashboard file is readable, and its dashboard has a uid of its own and a title.

Links, alerts and bookmarks refer to a dashboard by its uid. Without one Grafana generates a new one at each first
start, and of two files with the same uid it serves one and drops the other.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

PANEL = "panels: [{id: 1, title: Up, type: stat}]"


@rule(
    Good(f"{{uid: services, title: Services, {PANEL}}}"),
    Bad(f"{{title: Services, {PANEL}}}", "the dashboard has no `uid`"),
    Bad(f"{{uid: services, {PANEL}}}", "the dashboard has no `title`"),
    Bad(f"{{uid: {'s' * 41}, title: Services, {PANEL}}}", "the uid has 41 characters; Grafana allows 40"),
    Bad(f"{{uid: a/b, title: Services, {PANEL}}}", "the uid `a/b` has characters that Grafana rejects"),
    Bad(
        f"{{uid: services, title: Services, also_in: [stack/grafana/dashboards/copy.json], {PANEL}}}",
        "the uid `services` is also that of stack/grafana/dashboards/copy.json",
    ),
    Bad("[]", "the file cannot be read: expected an object, found list"),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    where = Where(file=dashboard.file)
    if dashboard.problem:
        yield Finding(f"the file cannot be read: {dashboard.problem}", where, "export it again, without wrapping it")
        return
    if not dashboard.uid:
        yield Finding("the dashboard has no `uid`", where, 'set a short stable name, such as `"uid": "services"`')
    elif len(dashboard.uid) > 40:
        yield Finding(f"the uid has {len(dashboard.uid)} characters; Grafana allows 40", where, "shorten it")
    elif not dashboard.uid.replace("-", "").replace("_", "").isalnum() or not dashboard.uid.isascii():
        hint = "use letters, digits, `-` and `_`"
        yield Finding(f"the uid `{dashboard.uid}` has characters that Grafana rejects", where, hint)
    if not dashboard.title:
        yield Finding("the dashboard has no `title`", where, 'set one, such as `"title": "Services"`')
    for other in dashboard.also_in:
        yield Finding(f"the uid `{dashboard.uid}` is also that of {other}", where, "give one of them another uid")
