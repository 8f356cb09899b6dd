"""An alert on absence waits before it fires.

Between the start of Prometheus and its first scrape every series is absent, and so is one whose service restarts.
`absent_over_time` has a window, and waits by itself.
"""

from collections.abc import Iterator

from promql_parser import Call

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql import nodes
from suites.alerts.helpers.findings import about, alert, expression
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{alert: A, expr: 'absent(up{job=\"a\"})', for: 5m}"),
    Good("{alert: A, expr: 'absent_over_time(up{job=\"a\"}[10m])'}"),
    Bad("{alert: A, expr: 'absent(up{job=\"a\"})'}", "`A`: `absent` without `for` fires after every restart"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/functions/#absent",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    tree = expression(alert(rule))
    if not rule.for_s and any(isinstance(node, Call) and node.func.name == "absent" for node in nodes(tree)):
        yield about(rule, "`absent` without `for` fires after every restart", "`for: 5m`")
