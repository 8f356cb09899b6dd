"""Variables of several values stand in texts, or in a format that the query takes.

Outside of quotes several values become `(a|b)`, which is no PromQL: `by ((a|b))` is an error as soon as two are chosen.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.panel import variables_in
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.dashboards.helpers.interpolate import REFERENCE, name_of
from suites.dashboards.helpers.static_queries import STRING, finding

PROMETHEUS = "datasource: {type: prometheus, uid: p}"


def board(expr: str, panel: str = "", variable: str = "multi: true") -> str:
    query = f"targets: [{{refId: A, expr: '{expr}', {PROMETHEUS}}}]"
    by = f"{{name: by, type: custom, query: 'job,code', {variable}}}"
    return f"{{panels: [{{id: 1, title: P, type: stat, {panel} {query}}}], templating: {{list: [{by}]}}}}"


@rule(
    Good(board("sum by (${by:csv}) (up)")),
    Good(board('up{job=~"$by"}')),
    Good(board("sum by ($by) (up)", panel="repeat: by,")),
    Bad(
        board("sum by ($by) (up)"),
        "query A of panel `P`: `$by` stands outside of quotes and can have several values, which are no PromQL there",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/variables/variable-syntax/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    several = {
        name for name, one in variables_in(dashboard.variables).items() if one.multi and one.type in ("query", "custom")
    }
    places = [place for place in dashboard.queries() if dashboard.datasource_type(place.datasource) == "prometheus"]
    if not several or not any(place.expr for place in places):
        raise NotApplicable(f"{dashboard.file} has no variable of several values")
    for place in places:
        for match in REFERENCE.finditer(STRING.sub('""', place.expr)):
            name, written = name_of(match), match[3] or match[5] or ""
            if name in several and name not in place.single and written not in ("csv", "raw", "text"):
                message = (
                    f"`{match.group()}` stands outside of quotes and can have several values, which are no PromQL there"
                )
                yield finding(dashboard, place, message, f"`${{{name}:csv}}` for a list of labels, or one value only")
