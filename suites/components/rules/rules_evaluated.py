"""Every rule is evaluated without an error.

An alert whose evaluation fails does not fire.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("component: prometheus\nexposed: [prometheus_rule_evaluation_failures_total]"),
    Bad(
        "component: prometheus\nsamples: "
        '[\'prometheus_rule_evaluation_failures_total{instance="h:1",rule_group="a.yml;x"} 3\']',
        'h:1 (rule_group="a.yml;x"): evaluations of rules failed '
        "(`prometheus_rule_evaluation_failures_total` +3 in 60 min)",
    ),
    level=Level.MUST,
    source="https://github.com/prometheus/prometheus/blob/main/documentation/prometheus-mixin/alerts.libsonnet",
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = "`/api/v1/rules` has the error; test the rule with `promtool test rules`"
    yield from reported(own, "rules-evaluated", hint)
