"""The two sides of an operation match.

Two series match where all compared labels are equal. Where one side has a label that the other has lost, or another
value of it, none ever do: with `and` the alert never fires, with `unless` its exception never applies.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_matching import between_vectors, mismatches
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule


@rule(
    Good('{"alert": "A", "expr": "sum by (job) (a) > 1 and sum by (job) (b) > 1"}'),
    Good('{"alert": "A", "expr": "a > 1 and on (job) sum by (job) (b) > 1"}'),
    Bad(
        '{"alert": "A", "expr": "sum by (job) (a) > 1 and sum by (instance) (b) > 1"}',
        "`A`: `and` matches nothing: only the right side has the label `instance`, not `sum by (job) (a) > 1`",
    ),
    Bad(
        '{"alert": "A", "expr": "up == 0 unless sum by (job) (up) == 0"}',
        "`A`: `unless` matches nothing: only the left side has the label `instance`, not `sum by (job) (up) == 0`",
    ),
    Bad(
        '{"alert": "A", "expr": "a{window=\\"5m\\"} > 1 and a{window=\\"1h\\"} > 1"}',
        "`A`: `and` matches nothing: `window` is `5m` on the left side and `1h` on the right",
    ),
    Unjudged("{alert: A, expr: up == 0}", NotApplicable("`A` has no operation between series")),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/operators/#vector-matching",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, mismatches(expression(rule, between_vectors, "operation between series")))
