"""A dashboard file is readable, and its dashboard has a title and no other's uid.

Of two files with the same uid, or with the same title in one folder, Grafana serves one and drops the other.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

PANEL = "panels: [{id: 1, title: Up, type: stat}]"


@rule(
    Good(f"{{uid: services, title: Services, {PANEL}}}"),
    Good(f"{{title: Services, {PANEL}}}"),
    Bad(f"{{uid: services, {PANEL}}}", "the dashboard has no `title`"),
    Bad(f"{{uid: {'s' * 41}, title: Services, {PANEL}}}", "the uid has 41 characters; Grafana allows 40"),
    Bad(f"{{uid: a/b, title: Services, {PANEL}}}", "the uid `a/b` has characters that Grafana rejects"),
    Bad(
        f"{{uid: services, title: Services, same_uid: [dashboards/copy.json], {PANEL}}}",
        "the uid `services` is also that of dashboards/copy.json",
    ),
    Bad(
        f"{{uid: services, title: Services, same_title: [dashboards/copy.json], {PANEL}}}",
        "the title `Services` is also that of dashboards/copy.json, in the same folder",
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
    if len(dashboard.uid) > 40:
        yield Finding(f"the uid has {len(dashboard.uid)} characters; Grafana allows 40", where, "shorten it")
    elif dashboard.uid and not (dashboard.uid.isascii() and dashboard.uid.replace("-", "").replace("_", "").isalnum()):
        hint = "use letters, digits, `-` and `_`"
        yield Finding(f"the uid `{dashboard.uid}` has characters that Grafana rejects", where, hint)
    if not dashboard.title:
        yield Finding("the dashboard has no `title`", where, 'set one, such as `"title": "Services"`')
    for other in dashboard.around.same_uid:
        yield Finding(f"the uid `{dashboard.uid}` is also that of {other}", where, "give one of them another uid")
    for other in dashboard.around.same_title:
        if other not in dashboard.around.same_uid:
            message = f"the title `{dashboard.title}` is also that of {other}, in the same folder"
            yield Finding(message, where, "give one of them another title, or another folder")
