"""A dashboard file has no placeholders of an export for sharing.

`Export for sharing externally` replaces datasources and constants by placeholders (`${DS_PROMETHEUS}`, `${VAR_JOB}`)
that only the import dialog fills in. In a provisioned file they stay as they are: datasources are not found, and
queries select the text of the placeholder.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

PANEL = "{id: 1, type: stat, targets: [{refId: A, expr: up, datasource: {uid: '${DS_PROM}'}}]}"
EXPORTED = "__inputs: [{name: DS_PROM, type: datasource}]"
EXPRESSION = "{refId: B, type: math, expression: $A * 2, datasource: {type: __expr__, uid: '${DS_EXPRESSION}'}}"


@rule(
    Good("{__inputs: [], panels: [{id: 1, type: stat, datasource: {uid: prometheus}}]}"),
    Good(f"{{panels: [{PANEL}], templating: {{list: [{{name: DS_PROM, type: datasource, query: prometheus}}]}}}}"),
    Good(f"{{__inputs: [{{name: DS_EXPRESSION, type: datasource}}], panels: [{{id: 1, targets: [{EXPRESSION}]}}]}}"),
    Bad(
        f"{{{EXPORTED}, panels: [{PANEL}]}}",
        "`${DS_PROM}` is a placeholder of an export (`__inputs`) that nothing fills in: "
        "`panels[0].targets[0].datasource.uid`",
    ),
    Bad(
        f"{{panels: [{{id: 9, type: row, collapsed: true, panels: [{PANEL}, {PANEL}]}}]}}",
        "`${DS_PROM}` is a placeholder of an export (`__inputs`) that nothing fills in: "
        "`panels[0].panels[0].targets[0].datasource.uid` and 1 more place",
    ),
    Bad(
        "{panels: [{id: 1}], templating: {list: [{name: system, type: constant, query: '${VAR_SYSTEM}'}]}}",
        "`${VAR_SYSTEM}` is a placeholder of an export (`__inputs`) that nothing fills in: `templating.list[0].query`",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/share-dashboards-panels/#export-dashboards",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    for name, places in dashboard.placeholders:
        more = len(places) - 1
        others = f" and {more} more place{'s' if more > 1 else ''}" if more else ""
        yield Finding(
            f"`${{{name}}}` is a placeholder of an export (`__inputs`) that nothing fills in: `{places[0]}`{others}",
            Where(file=dashboard.at(places[0])),
            "export without `Export for sharing externally`, or write the uid or value in its place",
        )
