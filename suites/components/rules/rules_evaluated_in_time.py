"""Every rule group is evaluated in each interval.

A group that takes longer than its interval misses evaluations: alerts come late, and recordings have gaps.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("component: prometheus\nexposed: [prometheus_rule_group_iterations_missed_total]"),
    Bad(
        "component: prometheus\nsamples: "
        '[\'prometheus_rule_group_iterations_missed_total{instance="h:1",rule_group="a.yml;x"} 3\']',
        'h:1 (rule_group="a.yml;x"): evaluations of rules were missed '
        "(`prometheus_rule_group_iterations_missed_total` +3 in 60 min)",
    ),
    level=Level.SHOULD,
    source="https://github.com/prometheus/prometheus/blob/main/documentation/prometheus-mixin/alerts.libsonnet",
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = "record what its rules share, split the group, or give it a longer interval"
    yield from reported(own, "rules-evaluated-in-time", hint)
