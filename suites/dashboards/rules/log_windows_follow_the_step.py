"""The windows of log queries over time are `$__auto`.

With a window that is shorter than the panel's step lines are not counted, with a longer one they are counted twice.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.examples import logql_panel
from suites.dashboards.helpers.static_queries import finding, queries_of, windows

FOLLOWS = ("$__auto", "${__auto}", "$__interval", "${__interval}")


@rule(
    Good(logql_panel('sum(count_over_time({job="a"}[$__auto]))')),
    Good(logql_panel('sum(rate({job="a"} |~ "[a-z]+" [$__interval]))')),
    Bad(
        logql_panel('sum(count_over_time({job="a"} |~ "[0-9]" [5m]))'),
        "query A of panel `P`: the window is `[5m]`, not `[$__auto]`",
    ),
    Unjudged(
        logql_panel('sum(count_over_time({job="a"}[$__range]))', target={"queryType": "instant"}),
        NotApplicable("dashboard.json has no log query over time with a window"),
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/datasources/loki/template-variables/#use-__auto-variable-for-loki-metric-queries",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    judged = False
    for place, expr in queries_of(dashboard, "loki"):
        if place.query is None or place.query.instant:
            continue
        for window in dict.fromkeys(windows(expr)):
            judged = True
            if window not in FOLLOWS:
                message = f"the window is `[{window}]`, not `[$__auto]`"
                yield finding(dashboard, place, message, "Grafana makes it as long as the step")
    if not judged:
        raise NotApplicable(f"{dashboard.file} has no log query over time with a window")
