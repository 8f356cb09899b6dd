"""Queries name their datasource by its uid.

A name can be changed in the browser, and the default is another one after the next datasource is added; then panels
query the wrong store, or none.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import ALWAYS_THERE, Dashboard
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.interpolate import referenced
from suites.dashboards.helpers.static_queries import finding

PANEL = "{id: 1, title: Up, type: stat, targets: [{refId: A, expr: up}], "


@rule(
    Good(f"{{panels: [{PANEL}datasource: {{uid: prometheus}}}}]}}"),
    Good(f"{{panels: [{PANEL}datasource: $source}}]}}"),
    Bad(
        f"{{provisioned_datasources: [{{name: Metrics, uid: prom, type: prometheus}}], "
        f"panels: [{PANEL}datasource: Metrics}}]}}",
        "query A of panel `Up`: it names its datasource `Metrics` by name",
    ),
    Bad(
        f"{{panels: [{PANEL}datasource: {{type: prometheus}}}}]}}",
        "query A of panel `Up`: it names only the type of its datasource, `prometheus`",
    ),
    Bad(f"{{panels: [{PANEL}}}]}}", "query A of panel `Up`: it names no datasource"),
    Unjudged(
        f"{{panels: [{PANEL}datasource: Metrics}}]}}",
        NotApplicable("it is not known which datasources are provisioned"),
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    places = [place for place in dashboard.queries() if place.expr or place.panel]
    if not places:
        raise NotApplicable(f"{dashboard.file} has no query")
    provisioned = dashboard.around.datasources or ()
    uids = {source.uid for source in provisioned}
    hint = 'write `"datasource": {"type": "prometheus", "uid": "prometheus"}`'
    texts = [place for place in places if place.datasource.by_name and not referenced(place.datasource.uid or "")]
    if dashboard.around.datasources is None and len(texts) == len(places):
        raise NotApplicable("it is not known which datasources are provisioned")
    for place in places:
        uid, kind = place.datasource.uid, place.datasource.type
        if uid is None:
            message = f"it names only the type of its datasource, `{kind}`" if kind else "it names no datasource"
            yield finding(dashboard, place, message, hint)
        elif uid not in uids | ALWAYS_THERE and any(source.name == uid for source in provisioned):
            yield finding(dashboard, place, f"it names its datasource `{uid}` by name", hint)
