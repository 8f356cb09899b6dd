"""Queries of panels are answered within five seconds.

A dashboard is opened when something is wrong, and each of its queries is sent every time that it refreshes. What is
slow over six hours belongs into a recording rule.
"""

from collections.abc import Iterator

from stack.records.dashboards.answers import PanelData
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, rule

BUDGET_S = 5.0


@rule(
    Good("{panel: Requests, values: 1, seconds: 4.9}"),
    Bad(
        "{panel: Requests, given: over 6h, values: 1, seconds: 7.25}", "query A of panel `Requests` over 6h takes 7.2 s"
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/rules/",
)
def check(data: PanelData) -> Iterator[Finding]:
    if data.unqueried:
        raise NotCollected(data.unqueried)
    if not data.seconds:
        raise NotApplicable("the query was not timed")
    if data.seconds > BUDGET_S:
        yield Finding(
            f"{data.name} takes {data.seconds:.1f} s",
            Where(panel=data.panel, url=data.url, excerpt=data.expr),
            "select fewer series, or store the result by a recording rule",
        )
