"""Windows of rates hold at least two scrapes.

A rate needs two samples. `[15s]` on a scrape every 15 s holds one, and the panel is empty whatever happens.
"""

import re
from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.panel import variables_in
from stack.records.queries.promql import parse
from stack.records.queries.promql_faults import rate_windows, short_windows
from stack.text.durations import seconds
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.static_queries import STRING, faults, finding, parsed, queries_of

WINDOW_OF_VARIABLE = re.compile(rf"{STRING.pattern}|\[\s*(\$\w+|\$\{{[^}}]*\}}|\[\[\w+\]\])\w*\s*(?=[\]:])")
LONG_S = 365 * 86400.0
QUERY = "panels: [{id: 1, title: P, targets: [{refId: A, datasource: {type: prometheus}, expr: "


@rule(
    Good(f"{{scrape_interval_s: 15, {QUERY}'rate(a_total[1m]) + rate(a_total[$__rate_interval])'}}]}}]}}"),
    Bad(
        f"{{scrape_interval_s: 15, {QUERY}'rate(a_total[15s])'}}]}}]}}",
        "query A of panel `P`: `rate(a_total[15s])` is empty: its window holds fewer than two scrapes, one every 15 s",
    ),
    Bad(
        f"{{scrape_interval_s: 15, {QUERY}'rate(a_total[$__rate_interval])', interval: 5s}}]}}]}}",
        "query A of panel `P`: its smallest step of 5s makes `$__rate_interval` 20 s, and Prometheus scrapes every "
        "15 s",
    ),
    Bad(
        f"{{scrape_interval_s: 15, {QUERY}'sum(rate(a{{b=~\"[a-z]$job\"}}[15s])) / rate(c[$__rate_interval])'}}]}}]}}",
        'query A of panel `P`: `rate(a{b=~"[a-z]$job"}[15s])` is empty: its window holds fewer than two scrapes, one '
        "every 15 s",
    ),
    Unjudged(
        f"{{scrape_interval_s: 15, {QUERY}'rate(a_total[$__rate_interval])'}}]}}]}}",
        NotApplicable("dashboard.json has no rate over a window of a fixed length"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#use-__rate_interval",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    scrape_s = dashboard.around.scrape_interval_s
    if scrape_s is None:
        raise NotApplicable("it is not known how often Prometheus scrapes")
    judged, variables = False, variables_in(dashboard.variables)
    for place, expr in queries_of(dashboard, "prometheus"):
        # A window that is a variable is as long as that: here it is longer than any that is too short.
        fixed = WINDOW_OF_VARIABLE.sub(lambda found: "[365d" if found[0][0] == "[" else found[0], expr)
        if (tree := parsed(fixed, variables, parse).tree) is not None:
            judged = judged or any(window < LONG_S for _, window in rate_windows(tree))
            yield from faults(dashboard, [(place, short_windows(tree, scrape_s))])
        least = seconds(place.query.min_interval.lstrip("> ")) if place.query is not None else None
        if not least or "__rate_interval" not in place.expr:
            continue
        judged = True
        if 4 * least < 2 * scrape_s:
            assert place.query is not None  # noqa: S101  # it has an interval
            message = f"its smallest step of {place.query.min_interval} makes `$__rate_interval` {4 * least:g} s"
            hint = f"a step of {scrape_s:g}s at least, or none"
            yield finding(dashboard, place, f"{message}, and Prometheus scrapes every {scrape_s:g} s", hint)
    if not judged:
        raise NotApplicable(f"{dashboard.file} has no rate over a window of a fixed length")
