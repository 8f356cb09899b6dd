"""The query of every variable is answered without an error.

A variable that cannot be filled takes all panels that use it with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.dashboards.answers import VariableData
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{variable: job, query: 'label_values(up, job)', found: 2, values: [a, b]}"),
    Bad(
        "{variable: job, query: 'label_value(up, job)', error: '`label_value(up, job)` is no query'}",
        "variable `job` cannot be filled: `label_value(up, job)` is no query",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/",
)
def check(data: VariableData) -> Iterator[Finding]:
    if data.error:
        yield Finding(
            f"variable `{data.variable}` cannot be filled: {data.error}",
            Where(excerpt=data.query),
            f"asked of {data.via} as shown; see the variable's query and regex in the dashboard's settings",
        )
