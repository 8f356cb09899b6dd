"""A dashboard refreshes no faster than Prometheus scrapes.

Between two scrapes there is nothing new to show, and every refresh costs all queries of all readers.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.text.durations import seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{refresh: 30s, scrape_interval_s: 15, panels: [{id: 1}]}"),
    Bad(
        "{refresh: 5s, scrape_interval_s: 15, panels: [{id: 1}]}",
        "it refreshes every 5s, and Prometheus scrapes every 15 s",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/best-practices/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    every, scrape_s = seconds(dashboard.refresh), dashboard.around.scrape_interval_s
    if scrape_s is None or not every:
        raise NotApplicable("it does not refresh by itself, or it is not known how often Prometheus scrapes")
    if every < scrape_s:
        message = f"it refreshes every {dashboard.refresh}, and Prometheus scrapes every {scrape_s:g} s"
        yield Finding(message, Where(file=dashboard.file), 'set `"refresh"` to `1m`, or leave it out')
