"""Every expression parses.

Prometheus and Loki refuse the whole file of a rule that does not. Syntax that is not known here is asked of promtool
where it is found, and else not evaluated.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from suites.alerts.helpers.findings import about
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, rule


@rule(
    Good("{alert: A, expr: 'sum(rate(a_total[5m])) > 1'}"),
    Good('{language: logql, alert: A, expr: \'sum(count_over_time({job="a"} |= "x" [5m])) > 1\'}'),
    Good("{alert: A, expr: 'rate(a_total[1m + 2m]) > 1', promtool: ''}"),
    Bad(
        "{alert: A, expr: 'rate(a_total[1m + 2m] > 1', promtool: unclosed left parenthesis}",
        "`A`: unclosed left parenthesis",
    ),
    Bad("{alert: A, expr: 'sum(rate(a_total[5m]) > 1'}", "`A`: unclosed left parenthesis"),
    Bad("{alert: A, expr: redis_up ==}", "`A`: an operand is missing at the end"),
    Bad(
        "{language: logql, alert: A, expr: 'count_over_time({job=\"a\"}) > 1'}",
        "`A`: `count_over_time` needs a range, such as `[5m]`, found `)`",
    ),
    Bad(
        '{language: logql, alert: A, expr: \'{job="a"} |= "x"\'}',
        "`A`: its result is log lines, and a rule needs numbers",
    ),
    Bad(
        "{language: logql, alert: A, expr: 'increase({job=\"a\"}[5m]) > 1'}",
        "`A`: `increase` is a function of PromQL, and LogQL has none of that name",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/basics/",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    found = rule.promql if rule.language == "promql" else rule.logql
    if not rule.expr.strip():
        raise NotApplicable(f"the expression of `{rule.name}` is empty")
    if found.unknown and rule.promtool is None:  # then the others alone are no pass
        raise NotCollected(f"the expression of `{rule.name}` could not be parsed: {found.unknown}")
    if rule.language == "logql" and not found.error and not found.unknown and not rule.logql.metric:
        yield about(rule, "its result is log lines, and a rule needs numbers", "`sum(count_over_time(… [5m])) > 0`")
    if error := found.error or rule.promtool:
        yield about(rule, error, "`promtool check rules` marks the place")
