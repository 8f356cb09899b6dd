"""Regular expressions are matched with `=~`.

`=` compares with the text itself, and no series has a label with the value `.+`.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_faults import patterns_as_text
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good('{"alert": "A", "expr": "up{job=~\\"a|b\\"} == 0"}'),
    Bad(
        '{"alert": "A", "expr": "up{job=\\"a|b\\"} == 0"}',
        '`A`: `job="a|b"` compares with the text `a|b`, not with a pattern',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/basics/#time-series-selectors",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, patterns_as_text(expression(rule)))
