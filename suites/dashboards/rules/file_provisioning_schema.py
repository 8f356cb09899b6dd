"""A dashboard file has the classic schema, the only one that file provisioning reads.

Grafana logs that a v2 export has no title, and the dashboard is missing after the next start.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

ELEMENT = "elements: {a: {kind: Panel, spec: {id: 1, title: Up}}}"


@rule(
    Good("{schemaVersion: 41, panels: [{id: 1, title: Up, type: stat}]}"),
    Good("{rows: [{panels: [{id: 1, title: Up, type: graph}]}]}"),
    Bad(
        "{apiVersion: dashboard.grafana.app/v2beta1, kind: Dashboard, metadata: {name: up}, spec: {title: Up, "
        f"{ELEMENT}, layout: {{kind: GridLayout, spec: {{items: [{{spec: {{element: {{name: a}}}}}}]}}}}}}}}",
        "the file has the schema v2, which file provisioning does not read",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    if dashboard.schema == "v2":
        hint = "export it as classic JSON, or send it to the API (`/apis/dashboard.grafana.app`)"
        message = "the file has the schema v2, which file provisioning does not read"
        yield Finding(message, Where(file=dashboard.file), hint)
