"""The two sides of an operation match.

Two series match where all compared labels are equal. Where one side has a label that the other has lost, or another
value of it, none ever do, and the result is empty.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_matching import between_vectors, mismatches
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, parsed_promql


@rule(
    Good(promql_panel("sum by (job) (a) / sum by (job) (b)")),
    Good(promql_panel("sum by (job) (a) / on (job) group_left (team) b")),
    Good(promql_panel("a and on () sum(b) > 0")),
    Good(promql_panel("a / ignoring (code) group_left () b")),
    Bad(
        promql_panel("sum by (job) (a) / sum by (instance) (b)"),
        "query A of panel `P`: `/` matches nothing: only the right side has the label `instance`, not "
        "`sum by (job) (a)`",
    ),
    Bad(
        promql_panel("up == 0 and sum(rate(a_total[5m])) > 1"),
        "query A of panel `P`: `and` matches nothing: only the left side has the label `instance`, not "
        "`sum(rate(a_total[5m])) > 1`",
    ),
    Good(promql_panel('sum by (code) (a{code="500"}) / ignoring (code) sum(a)')),
    Good(promql_panel("a / on (job) group_left (team) max by (job, team) (b)")),
    Good(promql_panel('rate(a{code="500"}[5m]) / ignoring (code) b')),
    Bad(
        promql_panel('a{window="5m"} > 1 and a{window="1h"} > 1'),
        "query A of panel `P`: `and` matches nothing: `window` is `5m` on the left side and `1h` on the right",
    ),
    Bad(
        promql_panel("a * on (job) group_left (team) max by (job) (b)"),
        "query A of panel `P`: `max by (job) (b)` has no label `team` that it could bring",
    ),
    Bad(
        promql_panel('rate(a{code="500"}[5m]) / rate(a[5m])'),
        'query A of panel `P`: `rate(a{code="500"}[5m]) / rate(a[5m])` divides each series by itself, and is 1',
    ),
    Unjudged(
        promql_panel("sum(a) / 100 or sum by (job) (b)"),
        NotApplicable("no query of dashboard.json has an operation between series"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/operators/#vector-matching",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    found = parsed_promql(dashboard, between_vectors, "an operation between series")
    yield from faults(dashboard, ((place, mismatches(tree)) for place, tree in found))
