"""A log query selects by at least one label that streams must have, also when All is chosen.

Loki refuses a selector whose every matcher also matches streams without the label: `{job=~".*"}`, which is what All
becomes with an `allValue` of `.*`.
"""

import re
from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.panel import Variable, variables_in
from stack.records.queries.logql import LogMatcher
from stack.records.queries.promql import VARIABLE
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.dashboards.helpers.static_queries import finding, logql


def board(expr: str, all_value: str) -> str:
    query = f"targets: [{{refId: A, expr: '{expr}', datasource: {{type: loki, uid: l}}}}]"
    job = f"{{name: job, type: query, query: 'label_values(job)', includeAll: true, allValue: '{all_value}'}}"
    return f"{{panels: [{{id: 1, title: P, type: logs, {query}}}], templating: {{list: [{job}]}}}}"


@rule(
    Good(board('{job=~"$job"}', ".+")),
    Good(board('{job=~"$job"}', "")),
    Good(board('{job=~"$job", system="dante"}', ".*")),
    Bad(board('{job=~"$job"}', ".*"), 'query A of panel `P`: with All chosen, `{job=~".*"}` selects by no label'),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/query/log_queries/#log-stream-selector",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    variables = variables_in(dashboard.variables)
    for place, query in logql(dashboard):
        for selector in query.selectors:
            chosen = tuple(_with_all(one, variables) for one in selector)
            if chosen != selector and all(one.may_be_empty for one in chosen):
                text = ", ".join(map(str, chosen))
                message = f"with All chosen, `{{{text}}}` selects by no label"
                yield finding(dashboard, place, message, "set the variable's `allValue` to `.+`")


def _with_all(matcher: LogMatcher, variables: dict[str, Variable]) -> LogMatcher:
    def put(match: re.Match[str]) -> str:
        variable = variables.get(match[1])
        return variable.all_value if variable and variable.include_all and variable.all_value else match.group()

    return LogMatcher(matcher.name, matcher.sign, VARIABLE.sub(put, matcher.value))
