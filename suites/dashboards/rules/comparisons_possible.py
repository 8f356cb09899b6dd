"""Comparisons can be true.

A panel with a comparison that no value fulfils is always empty. A count of nothing, for one, is not 0 but nothing.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_comparisons import impossible
from stack.records.queries.promql_shares import shares_as_percent
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, free_variables, parsed_promql


@rule(
    Good(promql_panel("count(up == 0) > 0 or sum(up) == 0")),
    Good(promql_panel("up == bool 2")),
    Good(promql_panel("a > 5 < 10")),
    Bad(
        promql_panel('count(up{job="a"}) == 0'),
        'query A of panel `P`: `count(up{job="a"}) == 0` is never true: a count of no series is no series, not 0',
    ),
    Bad(
        promql_panel("up > 1"),
        "query A of panel `P`: `up > 1` is never true: `up` is 0 or 1",
    ),
    Bad(
        promql_panel("a and b > 9 <= 0"),
        "query A of panel `P`: `b > 9 <= 0` is never true: comparisons bind from left to right, and `b > 9` leaves no "
        "such value",
    ),
    Bad(
        promql_panel('up{job="a",job="b"}'),
        'query A of panel `P`: `up{job="a",job="b"}` selects nothing: `job` cannot be both `a` and `b`',
    ),
    Bad(
        promql_panel('avg(a{code="500"} / a) > 5'),
        'query A of panel `P`: `avg(a{code="500"} / a) > 5` compares a share of 0 to 1 with 5',
    ),
    Unjudged(
        promql_panel("up == $window"), NotApplicable("what its queries compare is only known with values of variables")
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/operators/#comparison-binary-operators",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    # Where a variable stands for a number, what it is compared with here is not what it will be.
    fixed = [(place, tree) for place, tree in parsed_promql(dashboard) if not free_variables(place.expr)]
    if not fixed:
        raise NotApplicable("what its queries compare is only known with values of variables")
    yield from faults(dashboard, ((place, [*impossible(tree), *shares_as_percent(tree)]) for place, tree in fixed))
