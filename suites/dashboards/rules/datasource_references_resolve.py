"""Every datasource that a dashboard names is provisioned.

A panel with an unknown datasource shows an error, and one without a datasource uses the default, which may change.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import ALWAYS_THERE, Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

KNOWN = "provisioned_datasources: [prometheus, loki]"
PANEL = "{id: 1, title: Up, type: stat, targets: [{refId: A, expr: up, "


@rule(
    Good(f"{{{KNOWN}, panels: [{PANEL}datasource: {{uid: prometheus}}}}]}}]}}"),
    Good(f"{{{KNOWN}, panels: [{PANEL}}}], datasource: {{uid: loki}}}}]}}"),
    Good(
        f"{{{KNOWN}, panels: [{PANEL}datasource: {{uid: $from}}}}]}}], "
        "templating: {list: [{name: from, type: datasource, query: prometheus}]}}"
    ),
    Good(f"{{{KNOWN}, annotations: {{list: [{{name: Notes, datasource: {{uid: '-- Grafana --'}}}}]}}}}"),
    Bad(
        f"{{{KNOWN}, panels: [{PANEL}datasource: {{uid: P1809F7CD0C75ACF3}}}}]}}]}}",
        "query A of panel `Up` uses the datasource `P1809F7CD0C75ACF3`, which is not provisioned",
    ),
    Bad(f"{{{KNOWN}, panels: [{PANEL}}}]}}]}}", "query A of panel `Up` names no datasource"),
    Bad(
        f"{{{KNOWN}, templating: {{list: [{{name: job, type: query, query: 'a', datasource: Prometheus}}]}}}}",
        "variable `job` uses the datasource `Prometheus`, which is not provisioned",
    ),
    Bad(
        f"{{{KNOWN}, annotations: {{list: [{{name: Deploys, datasource: {{uid: '${{DS_LOKI}}'}}}}]}}}}",
        "annotation `Deploys` uses the datasource `${DS_LOKI}`, which is not a variable of the dashboard",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    if dashboard.problem:
        raise NotApplicable(f"{dashboard.file} cannot be read")
    if not any(dashboard.references()):
        raise NotApplicable(f"{dashboard.file} has nothing that refers to a datasource")
    variables = {variable.name for variable in dashboard.variables if variable.type == "datasource"}
    known = ", ".join(f"`{uid}`" for uid in dashboard.datasources) or "none"
    where = Where(file=dashboard.file)
    for place, datasource in dashboard.references():
        uid = datasource.uid
        if uid is None:
            hint = f"set `datasource: {{uid: …}}`; provisioned: {known}"
            yield Finding(f"{place} names no datasource", where, hint)
        elif uid.startswith("$"):
            if uid.strip("${}") not in variables:
                hint = "a dashboard that was exported for sharing keeps such names; set the uid of the datasource"
                message = f"{place} uses the datasource `{uid}`, which is not a variable of the dashboard"
                yield Finding(message, where, hint)
        elif uid not in ALWAYS_THERE and uid not in dashboard.datasources:
            hint = f"provisioned in stack/grafana/provisioning/datasources: {known}; refer to them by uid, not by name"
            yield Finding(f"{place} uses the datasource `{uid}`, which is not provisioned", where, hint)
