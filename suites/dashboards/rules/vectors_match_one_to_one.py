"""One series of a side matches one of the other, unless it is said that several do.

As soon as there is a second one, the panel shows an error instead of the result.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_matching import between_vectors, several_matches
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, parsed_promql


@rule(
    Good(promql_panel("sum by (job, code) (a) / on (job) group_left sum by (job) (a)")),
    Good(promql_panel("a * on (pod) group_left topk by (pod) (1, max by (pod, owner) (b))")),
    Bad(
        promql_panel("sum by (job) (a) / on (job) sum by (job, code) (a)"),
        "query A of panel `P`: `sum by (job, code) (a)` has a series for each `code`, and only one may match one "
        "of the other side",
    ),
    Unjudged(promql_panel("up"), NotApplicable("no query of dashboard.json has an operation between series")),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/operators/#many-to-one-and-one-to-many-vector-matches",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    found = parsed_promql(dashboard, between_vectors, "an operation between series")
    yield from faults(dashboard, ((place, several_matches(tree)) for place, tree in found))
