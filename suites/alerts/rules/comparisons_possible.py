"""Comparisons can be true.

An alert on a comparison that no value fulfils never fires, one that all fulfil always does. A count of nothing, for
one, is not 0 but nothing, and a share of 0 to 1 is always below 10.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_comparisons import impossible
from stack.records.queries.promql_shares import shares_as_percent
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good('{"alert": "A", "expr": "absent(up{job=\\"a\\"}) or sum(up{job=\\"a\\"}) == 0"}'),
    Good('{"alert": "A", "expr": "count(up == 0) > 2"}'),
    Good('{"alert": "A", "expr": "100 * d_avail_bytes / d_size_bytes < 10 or a / b > 9 or a > 5 < 10"}'),
    Bad(
        '{"alert": "A", "expr": "count(up{job=\\"a\\"}) == 0"}',
        '`A`: `count(up{job="a"}) == 0` is never true: a count of no series is no series, not 0',
    ),
    Bad(
        '{"alert": "A", "expr": "rate(a_total[5m]) < 0"}',
        "`A`: `rate(a_total[5m]) < 0` is never true: counters only increase",
    ),
    Bad(
        '{"alert": "A", "expr": "1 - d_avail_bytes{a=\\"b\\"} / d_size_bytes > 90"}',
        '`A`: `1 - d_avail_bytes{a="b"} / d_size_bytes > 90` compares a share of 0 to 1 with 90',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/operators/#comparison-binary-operators",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    tree = expression(rule)
    yield from faults(rule, [*impossible(tree), *shares_as_percent(tree)])
