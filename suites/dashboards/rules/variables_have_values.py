"""Every query variable has values.

The panels of a dashboard whose variable has no values select nothing.
"""

from collections.abc import Iterator

from stack.records.dashboards.answers import VariableData
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("{variable: job, found: 2, values: [a, b]}"),
    Bad("{variable: job, query: 'label_values(upp, job)'}", "variable `job` has no values"),
    Bad("{variable: job, found: 3, regex: /x.*/}", "variable `job` gets 3 values, and its regex `/x.*/` matches none"),
    Unjudged(
        "{variable: job, error: parse error}",
        NotApplicable("its query failed, see `dashboards/variable-queries-succeed`"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/variables/add-template-variables/",
)
def check(data: VariableData) -> Iterator[Finding]:
    if data.unqueried:
        raise NotCollected(data.unqueried)
    if data.error:
        raise NotApplicable("its query failed, see `dashboards/variable-queries-succeed`")
    if data.values:
        return
    message = f"variable `{data.variable}` has no values"
    if data.found:
        message = f"variable `{data.variable}` gets {data.found} values, and its regex `{data.regex}` matches none"
    hint = "compare the metric and the label in its query with what is stored"
    yield Finding(message, Where(excerpt=data.query), hint)
