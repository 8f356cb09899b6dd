"""Expressions ask for no longer past than is kept.

An offset beyond the retention finds nothing, and a longer window holds no more than the retention.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_reach import longest_reach_s
from suites.alerts.helpers.findings import about, expression
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{retention_s: 604800, alert: A, expr: 'rate(a_total[1h] offset 1d) > 1'}"),
    Bad(
        "{retention_s: 604800, alert: A, expr: 'a / avg_over_time(a[30d]) > 2'}",
        "`A`: it asks for the last 2592000 s, and samples are kept for 604800 s",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/storage/#operational-aspects",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    kept = rule.around.retention_s
    if kept is None:
        raise NotApplicable("it is not known how long samples are kept")
    reach = longest_reach_s(expression(rule))
    if reach > kept:
        message = f"it asks for the last {reach:.0f} s, and samples are kept for {kept:.0f} s"
        yield about(rule, message, "record the longer past with a recording rule, or keep samples longer")
