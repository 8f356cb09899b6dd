"""One series of a side matches one of the other, unless it is said that several do.

As soon as there is a second one, Prometheus cannot evaluate the rule: the alert does not fire.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_matching import between_vectors, several_matches
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule


@rule(
    Good('{"alert": "A", "expr": "sum by (job, code) (a) / on (job) group_left sum by (job) (a) > 1"}'),
    Good('{"alert": "A", "expr": "sum by (pod, instance) (a) / on (instance) sum by (instance) (b) > 1"}'),
    Bad(
        '{"alert": "A", "expr": "sum by (job) (a) / on (job) sum by (job, code) (a) > 1"}',
        "`A`: `sum by (job, code) (a)` has a series for each `code`, and only one may match one of the other side",
    ),
    Unjudged("{alert: A, expr: up == 0}", NotApplicable("`A` has no operation between series")),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/operators/#many-to-one-and-one-to-many-vector-matches",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, several_matches(expression(rule, between_vectors, "operation between series")))
