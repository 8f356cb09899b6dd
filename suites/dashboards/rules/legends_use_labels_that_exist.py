"""Legends use labels that the series have.

A label that the query drops is empty in the legend: all series look the same there.
"""

import re
from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql import labels
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import finding, parsed_promql

_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@rule(
    Good(promql_panel("sum by (job) (up)", target={"legendFormat": "{{job}} {{ __name__ }}"})),
    Bad(
        promql_panel("sum by (job) (up)", target={"legendFormat": "{{ instance }}"}),
        "query A of panel `P`: the legend uses the label `instance`, which the query drops",
    ),
    Unjudged(
        promql_panel("up", target={"legendFormat": "{{pod}}"}),
        NotApplicable("dashboard.json has no legend with a label of a query whose labels are known"),
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/datasources/prometheus/query-editor/#legend",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    judged = False
    for place, tree in parsed_promql(dashboard):
        legend = place.query.model.get("legendFormat") if place.query is not None else None
        found = labels(tree)
        for name in dict.fromkeys(_LABEL.findall(legend) if isinstance(legend, str) else ()):
            judged = judged or found.all
            if name != "__name__" and found.lacks(name):
                message = f"the legend uses the label `{name}`, which the query drops"
                yield finding(dashboard, place, message, f"keep it: `by (…, {name})`")
    if not judged:
        raise NotApplicable(f"{dashboard.file} has no legend with a label of a query whose labels are known")
