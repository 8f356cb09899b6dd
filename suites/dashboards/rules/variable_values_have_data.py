"""Each value of a variable shows data on some panel that uses it.

A value for which every panel is empty is one of another metric, or of what ran long ago: who chooses it believes that
nothing happens there. The first, the middle and the last value are chosen by themselves.
"""

from collections.abc import Iterator

from stack.records.dashboards.answers import VariableData
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("{variable: job, found: 2, values: [a, b], tried: [a, b]}"),
    Bad(
        "{variable: service, query: 'label_values(up, service)', values: [a, b], tried: [a, b], without_data: [b]}",
        "no panel has data for the value `b` of variable `service`",
    ),
    Unjudged("{variable: job, found: 2, values: [a, b]}", NotApplicable("no panel that has data uses the variable")),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/variables/add-template-variables/",
)
def check(data: VariableData) -> Iterator[Finding]:
    if data.unqueried:
        raise NotCollected(data.unqueried)
    if not data.values:
        raise NotApplicable("the variable has no values of a query")
    if not data.tried:
        raise NotApplicable("no panel that has data uses the variable")
    for value in data.without_data:
        yield Finding(
            f"no panel has data for the value `{value}` of variable `{data.variable}`",
            Where(excerpt=data.query),
            "let its query select what the panels select: `label_values(<metric of the panels>, <label>)`",
        )
