"""Windows of rates hold at least two scrapes.

A rate needs two samples. `[15s]` on a scrape every 15 s holds one, and the panel is empty whatever happens.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_faults import short_windows
from stack.text.durations import seconds
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.dashboards.helpers.static_queries import faults, finding, parsed_promql

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
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#use-__rate_interval",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    scrape_s = dashboard.around.scrape_interval_s
    if scrape_s is None:
        raise NotApplicable("it is not known how often Prometheus scrapes")
    yield from faults(
        dashboard,
        (
            (place, short_windows(tree, scrape_s))
            for place, tree in parsed_promql(dashboard)
            if "$" not in place.expr.partition("[")[2]
        ),
    )
    for place, _ in parsed_promql(dashboard):
        least = seconds(place.query.min_interval.lstrip("> ")) if place.query is not None else None
        if least and 4 * least < 2 * scrape_s and "__rate_interval" in place.expr:
            assert place.query is not None  # noqa: S101  # it has an interval
            message = f"its smallest step of {place.query.min_interval} makes `$__rate_interval` {4 * least:g} s"
            hint = f"a step of {scrape_s:g}s at least, or none"
            yield finding(dashboard, place, f"{message}, and Prometheus scrapes every {scrape_s:g} s", hint)
