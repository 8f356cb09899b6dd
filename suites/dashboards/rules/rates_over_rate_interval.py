"""The windows of rates are `$__rate_interval`.

A fixed window is too short after the scrape interval grows, and hides peaks where the panel's step is longer than it.
`$__interval` alone may hold a single scrape.
"""

import re
from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import STRING, finding, queries_of

WINDOW = re.compile(r"\b(rate|irate)\s*\([^()\[\]]*\[\s*([^\]\s]+)\s*\]")


@rule(
    Good(promql_panel("rate(a_total[$__rate_interval]) + increase(a_total[1d])")),
    Good(promql_panel('rate(a_total{device=~"[a-z]+"}[$__rate_interval])')),
    Good(promql_panel("rate(a_total[$window]) + rate(a_total[$__range])")),
    Bad(
        promql_panel('rate(a_total{job="a"}[5m])'),
        "query A of panel `P`: the window of `rate` is `[5m]`, not `[$__rate_interval]`",
    ),
    Bad(
        promql_panel('rate(a_total{device!~"(lo|veth[0-9]).*"}[5m])'),
        "query A of panel `P`: the window of `rate` is `[5m]`, not `[$__rate_interval]`",
    ),
    Bad(
        promql_panel("irate(a_total[$__interval])"),
        "query A of panel `P`: the window of `irate` is `[$__interval]`, not `[$__rate_interval]`",
    ),
    Unjudged(
        promql_panel("sum(rate(a_total[5m]))", target={"instant": True}),
        NotApplicable("dashboard.json has no rate over time"),
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#use-__rate_interval",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    judged = False
    for place, expr in queries_of(dashboard, "prometheus"):
        if place.query is None or place.query.instant:
            continue
        for name, window in dict.fromkeys(WINDOW.findall(STRING.sub('""', expr))):
            judged = True
            if not window.startswith(("$", "[[")) or window.strip("${}") == "__interval":
                message = f"the window of `{name}` is `[{window}]`, not `[$__rate_interval]`"
                yield finding(dashboard, place, message, "Grafana makes it four scrapes long at least")
    if not judged:
        raise NotApplicable(f"{dashboard.file} has no rate over time")
