"""Comparisons can be true.

A panel with a comparison that no value fulfils is always empty. A count of nothing, for one, is not 0 but nothing.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_faults import impossible
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, free_variables, parsed_promql


@rule(
    Good(promql_panel("count(up == 0) > 0 or sum(up) == 0")),
    Good(promql_panel("up == bool 2")),
    Good(promql_panel("up == $window")),
    Bad(
        promql_panel('count(up{job="a"}) == 0'),
        'query A of panel `P`: `count(up{job="a"}) == 0` is never true: a count of no series is no series, not 0',
    ),
    Bad(
        promql_panel("up > 1"),
        "query A of panel `P`: `up > 1` is never true: `up` is 0 or 1",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/operators/#comparison-binary-operators",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    # Where a variable stands for a number, what it is compared with here is not what it will be.
    fixed = ((place, tree) for place, tree in parsed_promql(dashboard) if not free_variables(place.expr))
    yield from faults(dashboard, ((place, impossible(tree)) for place, tree in fixed))
