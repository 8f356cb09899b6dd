"""Variables of several values are matched with `=~`.

Grafana puts several values, and All, into the query as a regular expression: `=` compares with its text, and the panel
is empty as soon as more than one value is chosen. Where the variable repeats the panel or its row, it has one value.
"""

import re
from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.panel import Variable, variables_in
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.interpolate import REFERENCE, name_of, referenced
from suites.dashboards.helpers.static_queries import finding

EQUALS = re.compile(r"""(?P<label>[A-Za-z_]\w*)\s*(?P<sign>!?=)\s*(?:"(?P<text>(?:\\.|[^"\\])*)"|`(?P<raw>[^`]*)`)""")
PROMETHEUS = "datasource: {type: prometheus, uid: p}"


def board(expr: str, panel: str = "", variable: str = "multi: true") -> str:
    query = f"targets: [{{refId: A, expr: '{expr}', {PROMETHEUS}}}]"
    job = f"{{name: job, type: query, query: 'label_values(up, job)', {variable}}}"
    return f"{{panels: [{{id: 1, title: Up, type: stat, {panel} {query}}}], templating: {{list: [{job}]}}}}"


@rule(
    Good(board('up{job=~"$job"}')),
    Good(board('up{job="$job"}', "repeat: job,")),
    Good(
        "{panels: [{type: row, repeat: job, panels: []}, "
        f"{{id: 1, title: Up, type: stat, targets: [{{refId: A, expr: 'up{{job=\"$job\"}}', {PROMETHEUS}}}]}}], "
        "templating: {list: [{name: job, type: custom, query: 'a,b', multi: true}]}}"
    ),
    Bad(
        board('up{job="$job"}'),
        'query A of panel `Up`: `job="$job"` compares with one text, and `job` can have several values',
    ),
    Bad(
        board('up{job!="${job:raw}"}', variable="includeAll: true"),
        'query A of panel `Up`: `job!="${job:raw}"` compares with one text, and `job` can be All',
    ),
    Unjudged(
        board('up{job="$job"}').replace("type: prometheus", "type: mysql"),
        NotApplicable("dashboard.json has no variable of several values in a query for prometheus or loki"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#choose-a-variable-syntax",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    several = {name: _several(one) for name, one in variables_in(dashboard.variables).items() if _several(one)}
    places = [
        place
        for place in dashboard.queries()
        if referenced(place.expr) & several.keys()
        and dashboard.datasource_type(place.datasource) in ("prometheus", "loki", "")
    ]
    if not places:
        raise NotApplicable(f"{dashboard.file} has no variable of several values in a query for prometheus or loki")
    for place in places:
        for match in EQUALS.finditer(place.expr):
            names = [name_of(one) for one in REFERENCE.finditer(match["text"] or match["raw"] or "")]
            for name in dict.fromkeys(names):
                if name in several and name not in place.single:
                    message = f"`{match.group()}` compares with one text, and `{name}` {several[name]}"
                    sign = "=~" if match["sign"] == "=" else "!~"
                    yield finding(dashboard, place, message, f"`{match.group().replace(match['sign'], sign, 1)}`")


def _several(variable: Variable) -> str:
    """What a variable can have besides one value, empty where that is all."""
    if variable.type not in ("query", "custom"):
        return ""
    if variable.multi:
        return "can have several values"
    return "can be All" if variable.include_all else ""
