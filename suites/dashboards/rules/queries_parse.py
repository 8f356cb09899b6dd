"""Every query parses.

A query with a syntax error shows an error instead of a panel. Queries are read with values in place of variables;
syntax that is not known here is not evaluated.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard, Place
from stack.records.dashboards.panel import variables_in
from stack.records.queries.logql import LogQuery
from stack.records.queries.logql import parse as parse_logql
from stack.records.queries.promql import Parsed
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, rule
from suites.dashboards.helpers.examples import logql_panel, promql_panel
from suites.dashboards.helpers.static_queries import finding, parsed, parsed_queries


@rule(
    Good(promql_panel('sum by ($job) (rate(a_${job}_total{job=~"${job:regex}"}[$window])) > $__range_s')),
    Good(promql_panel("topk($job, increase(a_total[$__rate_interval]))")),
    Good(logql_panel('sum by (level) (count_over_time({job=~"$job"} |= "$host" | json [$__auto]))')),
    Bad(promql_panel("sum(rate(a_total[5m])"), "query A of panel `P`: unclosed left parenthesis"),
    Bad(
        promql_panel("rate(a_total)"),
        "query A of panel `P`: expected type matrix in call to function 'rate', got vector",
    ),
    Bad(logql_panel('{job="a"'), "query A of panel `P`: the stream selector is not closed"),
    Bad(
        promql_panel('sum(count_over_time({job="a"} |= "error" [5m]))'),
        "query A of panel `P`: it is LogQL, and its datasource is Prometheus",
    ),
    Bad(
        promql_panel("holt_winters(a[1h], 0.5, 0.5)"),
        "query A of panel `P`: Prometheus 3 has no function `holt_winters`; it is `double_exponential_smoothing` there",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/basics/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    found = list(parsed_queries(dashboard))
    if not found:
        raise NotApplicable(f"{dashboard.file} has no query for Prometheus or Loki")
    for place, one in found:
        if one.error:
            yield finding(dashboard, place, one.error, "try it in Grafana's Explore, which marks the place")
        elif _is_logql(dashboard, place, one):
            yield finding(
                dashboard, place, "it is LogQL, and its datasource is Prometheus", "choose the datasource Loki"
            )
    unread = [(place, one.unknown) for place, one in found if one.unknown and not _is_logql(dashboard, place, one)]
    if unread:  # then the others alone are no pass
        (place, why), more = unread[0], len(unread) - 1
        others = f", nor {more} more of its queries" if more else ""
        raise NotCollected(f"{dashboard.file}: {place.name} could not be parsed{others}: {why}")


def _is_logql(dashboard: Dashboard, place: Place, read: Parsed | LogQuery) -> bool:
    """Whether what is no PromQL is LogQL."""
    if not isinstance(read, Parsed) or not read.unknown:
        return False
    other = parsed(place.expr, variables_in(dashboard.variables), parse_logql)
    return bool(other.selectors) and not (other.error or other.unknown)
