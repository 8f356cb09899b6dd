"""Text is matched with `=`.

`=~` on plain text is slower, and makes the reader look for the pattern.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql_faults import needless_patterns
from suites.alerts.helpers.findings import expression, faults
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good('{"alert": "A", "expr": "up{job=\\"a\\", instance=~\\"b.+\\"} == 0"}'),
    Bad(
        '{"alert": "A", "expr": "up{job=~\\"a\\"} == 0"}',
        '`A`: `job=~"a"` is a pattern that is only text',
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/basics/#time-series-selectors",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    yield from faults(rule, needless_patterns(expression(rule)))
