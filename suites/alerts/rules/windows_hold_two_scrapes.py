"""Windows of rates hold at least two scrapes.

A rate needs two samples. `[15s]` on a scrape every 15 s holds one, and the alert never fires.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_faults import rate_windows, short_windows
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule


@rule(
    Good("{scrape_interval_s: 15, alert: A, expr: 'rate(a_total[1m]) > 1'}"),
    Bad(
        "{scrape_interval_s: 15, alert: A, expr: 'rate(a_total[15s]) > 1'}",
        "`A`: `rate(a_total[15s])` is empty: its window holds fewer than two scrapes, one every 15 s",
    ),
    Unjudged("{scrape_interval_s: 15, alert: A, expr: up == 0}", NotApplicable("`A` has no rate over a window")),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/functions/#rate",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    if rule.around.scrape_interval_s is None:
        raise NotApplicable("it is not known how often Prometheus scrapes")
    yield from faults(
        rule, short_windows(expression(rule, rate_windows, "rate over a window"), rule.around.scrape_interval_s)
    )
