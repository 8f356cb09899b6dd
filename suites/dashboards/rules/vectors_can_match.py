"""Operations between vectors compare labels that both sides have.

Two series match where all compared labels are equal. Where one side has a label that the other has lost, none ever do,
and the result is empty.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_faults import never_matching
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, parsed_promql


@rule(
    Good(promql_panel("sum by (job) (a) / sum by (job) (b)")),
    Good(promql_panel("sum by (job) (a) / on (job) group_left (team) b")),
    Good(promql_panel("a and on () sum(b) > 0")),
    Good(promql_panel("sum(a) / 100 or sum by (job) (b)")),
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
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/operators/#vector-matching",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    yield from faults(dashboard, ((place, never_matching(tree)) for place, tree in parsed_promql(dashboard)))
