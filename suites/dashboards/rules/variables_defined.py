"""Every variable that a query uses is defined.

Grafana sends an unknown name as it stands, and no series has a label with the text `$job`.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.dashboards.helpers.static_queries import finding, mentioned

JOB = "templating: {list: [{name: job, type: query, query: 'label_values(up, job)'}]}"
KNOWN = {"timeFilter"}


def board(expr: str, more: str = "") -> str:
    return f"{{panels: [{{id: 1, title: Up, type: stat, {more} targets: [{{refId: A, expr: '{expr}'}}]}}], {JOB}}}"


@rule(
    Good(board('up{job=~"${job:regex}|[[job]]", pod=~"x$"} + $__range_s')),
    Good(board('label_replace(up{job="$job"}, "a", "$1", "b", "(.*)")', "repeat: job,")),
    Good(board('up{topic!~"\\\\\\\\$SYS.*"}')),
    Good(board('{a="b"} | line_format `{{ $level := .level }}{{ $level }}`')),
    Bad(board('up{job="$jobb"}'), "query A of panel `Up`: the dashboard has no variable `jobb`"),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/variables/variable-syntax/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    kinds = ("prometheus", "loki", "")
    places = [place for place in dashboard.queries() if dashboard.datasource_type(place.datasource) in kinds]
    known = {variable.name for variable in dashboard.variables} | KNOWN | {name for name, _ in dashboard.placeholders}
    hint = f"defined: {', '.join(f'`{variable.name}`' for variable in dashboard.variables) or 'none'}"
    if not any(place.expr for place in places):
        raise NotApplicable(f"{dashboard.file} has no query")
    for place in places:
        for name in dict.fromkeys(mentioned(place.expr)):
            if not name.startswith("__") and name not in known:
                yield finding(dashboard, place, f"the dashboard has no variable `{name}`", hint)
