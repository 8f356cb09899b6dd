"""The query of every variable succeeds.

A variable without values breaks every panel that uses it.
"""

from collections.abc import Iterator

from stack.records.dashboards.answers import VariableData
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, rule


@rule(
    Good("{variable: job, query: 'label_values(up, job)', found: 2, values: [a, b]}"),
    Bad(
        "{variable: job, query: 'label_value(up, job)', error: '`label_value(up, job)` is not a query'}",
        "the query of variable `job` fails: `label_value(up, job)` is not a query",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/",
)
def check(data: VariableData) -> Iterator[Finding]:
    if data.unqueried:
        raise NotCollected(data.unqueried)
    if data.error:
        yield Finding(
            f"the query of variable `{data.variable}` fails: {data.error}",
            Where(excerpt=data.query),
            f"sent to {data.via}; check the variable's query and regex in the dashboard's settings",
        )
