"""Every datasource that a dashboard names is provisioned.

A panel with an unknown datasource shows an error. Grafana looks a reference up by its uid, then by its name; without
either it takes the default, of the given type if there is one.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import ALWAYS_THERE, Dashboard
from stack.records.dashboards.datasource import ProvisionedDatasource
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.interpolate import referenced
from suites.dashboards.helpers.static_queries import finding

KNOWN = "provisioned_datasources: [{name: Prometheus, uid: prometheus, type: prometheus, default: true}, loki]"
PANEL = "{id: 1, title: Up, type: stat, targets: [{refId: A, expr: up, "


@rule(
    Good(f"{{{KNOWN}, panels: [{PANEL}datasource: {{uid: prometheus}}}}]}}]}}"),
    Good(f"{{{KNOWN}, panels: [{PANEL}}}], datasource: {{uid: loki}}}}]}}"),
    Good(f"{{{KNOWN}, panels: [{PANEL}}}], datasource: Prometheus}}]}}"),
    Good(f"{{{KNOWN}, panels: [{PANEL}}}], datasource: {{type: prometheus}}}}]}}"),
    Good(f"{{{KNOWN}, panels: [{PANEL}}}]}}]}}"),
    Good(
        f"{{{KNOWN}, panels: [{PANEL}datasource: {{uid: '${{from:raw}}'}}}}]}}], "
        "templating: {list: [{name: from, type: datasource, query: prometheus}]}}"
    ),
    Good(f"{{{KNOWN}, panels: [{PANEL}datasource: {{type: __expr__, uid: '${{DS_EXPRESSION}}'}}}}]}}]}}"),
    Good(f"{{{KNOWN}, annotations: {{list: [{{name: Notes, datasource: {{uid: '-- Grafana --'}}}}]}}}}"),
    Bad(
        f"{{{KNOWN}, panels: [{PANEL}datasource: {{uid: P1809F7CD0C75ACF3}}}}]}}]}}",
        "query A of panel `Up`: the datasource `P1809F7CD0C75ACF3` is not provisioned",
    ),
    Bad(
        f"{{provisioned_datasources: [loki], panels: [{PANEL}datasource: {{type: prometheus}}}}]}}]}}",
        "query A of panel `Up`: no datasource of the type `prometheus` is provisioned",
    ),
    Bad(
        f"{{provisioned_datasources: [loki], panels: [{PANEL}}}]}}]}}",
        "query A of panel `Up`: it names no datasource, and none is the default",
    ),
    Bad(
        f"{{{KNOWN}, annotations: {{list: [{{name: Deploys, datasource: {{uid: $source}}}}]}}}}",
        "annotation `Deploys`: the datasource `$source` is not a variable of the dashboard",
    ),
    Unjudged(
        f"{{panels: [{PANEL}datasource: {{uid: prometheus}}}}]}}]}}",
        NotApplicable("it is not known which datasources are provisioned"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    if not any(dashboard.queries()):
        raise NotApplicable(f"{dashboard.file} has nothing that refers to a datasource")
    provisioned = dashboard.around.datasources
    known, unknown = False, False
    variables = {variable.name for variable in dashboard.variables} | {name for name, _ in dashboard.placeholders}
    for place in dashboard.queries():
        uid = place.datasource.uid
        if uid in ALWAYS_THERE or place.datasource.type == "__expr__":
            continue
        if place.name.startswith("annotation") and not place.expr and uid is None:
            continue
        names = referenced(uid or "")
        known, unknown = known or bool(names), unknown or not names
        if names:
            if not names <= variables:
                message = f"the datasource `{uid}` is not a variable of the dashboard"
                yield finding(dashboard, place, message, "add a variable of the type `datasource`, or name a uid")
        elif provisioned is not None and (problem := _problem(uid, place.datasource.type, provisioned)):
            uids = ", ".join(f"`{source.uid}`" for source in provisioned) or "none"
            yield finding(dashboard, place, problem, f"provisioned in grafana/provisioning/datasources: {uids}")
    if provisioned is None and unknown and not known:
        raise NotApplicable("it is not known which datasources are provisioned")


def _problem(uid: str | None, kind: str, provisioned: tuple[ProvisionedDatasource, ...]) -> str:
    if uid is not None:
        found = any(uid in (source.uid, source.name) for source in provisioned)
        return "" if found else f"the datasource `{uid}` is not provisioned"
    if kind:
        found = any(source.type == kind for source in provisioned)
        return "" if found else f"no datasource of the type `{kind}` is provisioned"
    found = any(source.default for source in provisioned)
    return "" if found else "it names no datasource, and none is the default"
