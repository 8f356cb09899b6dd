"""Recorded series have names that queries can write as they are.

Prometheus 3 takes any text for a name. One with a dash or a dot has to be written `{"the-name"}` in every query, and
what does not know that (dashboards, older readers of remote write) finds nothing.
"""

import re
from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.findings import about
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

_PLAIN = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


@rule(
    Good("{record: 'job:http_requests:rate5m', expr: 'sum by (job) (rate(a_total[5m]))'}"),
    Bad(
        "{record: 'http-requests:rate5m', expr: 'sum(rate(a_total[5m]))'}",
        "`http-requests:rate5m`: the name needs quotes in every query",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/rules/",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    if not rule.record:
        raise NotApplicable(f"`{rule.name}` is an alert")
    if not _PLAIN.fullmatch(rule.name):
        yield about(rule, "the name needs quotes in every query", "letters, digits, `_`, and `:` between its parts")
