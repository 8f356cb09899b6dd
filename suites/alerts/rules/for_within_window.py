"""The `for` of an alert on single events is shorter than its window.

One event keeps `increase(…[5m]) > 0` true for five minutes. With a longer `for` the alert fires only if it keeps
happening, and never for a single event.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.conditions import windows_of_events
from suites.alerts.helpers.findings import about, alert, expression
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{alert: A, expr: 'increase(a_total[15m]) > 0', for: 1m}"),
    Good("{alert: A, expr: 'rate(a_total[5m]) > 0.5', for: 10m}"),
    Bad(
        "{alert: A, expr: 'changes(process_start_time_seconds[5m]) > 0', for: 10m}",
        "`A`: one event keeps the condition for 300 s (the window of `changes`), and `for` is 600 s: it never fires "
        "for one",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#defining-alerting-rules",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    for function, window in windows_of_events(expression(alert(rule))):
        if rule.for_s > window:
            message = f"one event keeps the condition for {window:g} s (the window of `{function}`), and `for` is"
            hint = "a longer window, or no `for`"
            yield about(rule, f"{message} {rule.for_s:g} s: it never fires for one", hint)
