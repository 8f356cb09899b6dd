"""Queries name no single instance.

An address or a host name in a query is wrong after the next deployment, and wrong for everyone else's.
"""

import re
from collections.abc import Iterator

from promql_parser import MatchOp

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql import VARIABLE, matchers, selectors
from stack.records.queries.promql_faults import text_of
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import finding, parsed_promql

LABELS = frozenset({"instance", "host", "hostname", "node", "nodename", "pod"})
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|:\d+$|^[\w.-]*\w$")


@rule(
    Good(promql_panel('up{instance=~"$host", node!="", pod=~"api-.+"}')),
    Bad(promql_panel('up{instance="10.0.0.7:9100"}'), 'query A of panel `P`: `instance="10.0.0.7:9100"` is hard-coded'),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/best-practices/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    for place, tree in parsed_promql(dashboard):
        for selector in selectors(tree):
            for one in matchers(selector):
                chosen = one.op in (MatchOp.Equal, MatchOp.Re) and one.name in LABELS
                if chosen and not VARIABLE.search(one.value) and ADDRESS.search(one.value):
                    message = f"`{text_of(one)}` is hard-coded"
                    yield finding(dashboard, place, message, f'add a variable: `{one.name}=~"${one.name}"`')
