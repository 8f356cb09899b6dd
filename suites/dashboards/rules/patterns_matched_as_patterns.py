"""Regular expressions are matched with `=~`.

`=` compares with the text itself, and no series has a label with the value `.+`.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_faults import patterns_as_text
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, parsed_promql


@rule(
    Good(promql_panel('up{job=~".+", instance="$host|b"}')),
    Good(promql_panel('http_requests_total{route="/files/.*"}')),
    Bad(
        promql_panel('up{job="a|b"}'),
        'query A of panel `P`: `job="a|b"` compares with the text `a|b`, not with a pattern',
    ),
    Bad(
        promql_panel('up{job!=".*"}'),
        'query A of panel `P`: `job!=".*"` compares with the text `.*`, not with a pattern',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/basics/#time-series-selectors",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    yield from faults(dashboard, ((place, patterns_as_text(tree)) for place, tree in parsed_promql(dashboard)))
