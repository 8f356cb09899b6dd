"""Series that rules should have recorded are recorded under that name.

A name with a colon is one that a rule records. Where it was renamed and an alert was not, the alert is silent for good.
"""

import difflib
from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql import metric, selectors
from suites.alerts.helpers.findings import about, expression
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{alert: A, expr: 'job:errors:rate5m > 1', recorded: ['job:errors:rate5m']}"),
    Good("{alert: A, expr: 'elsewhere:x:sum > 1', recorded: ['job:errors:rate5m']}"),
    Good("{alert: A, expr: 'job:errors:rate1h > 1', recorded: ['job:errors:rate5m', 'job:errors:rate1h']}"),
    Bad(
        "{alert: A, expr: 'job:errors:rate5m > 1', recorded: ['job:error:rate5m']}",
        "`A`: no rule records `job:errors:rate5m`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/rules/",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    names = {metric(one) for one in selectors(expression(rule)) if ":" in metric(one)}
    if not names or not rule.around.recorded:
        raise NotApplicable(f"`{rule.name}` uses no recorded series, or no rule file records any")
    for name in sorted(names - rule.around.recorded):
        # Another Prometheus may record it: only what looks like a misspelling is certain.
        for close in difflib.get_close_matches(name, rule.around.recorded, 1, 0.85):
            yield about(rule, f"no rule records `{name}`", f"did you mean `{close}`?")
