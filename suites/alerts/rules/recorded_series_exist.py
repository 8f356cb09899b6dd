"""Series that rules should have recorded are recorded under that name.

A name with a colon is one that a rule records. Where it was renamed and an alert was not, the alert is silent for good.
"""

import difflib
import re
from collections.abc import Iterator

from stack.records.alerts.rules import AlertRule
from stack.records.queries.promql import metric, selectors
from suites.alerts.helpers.findings import about, expression
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

ALIKE = 0.85


@rule(
    Good("{alert: A, expr: 'job:errors:rate5m > 1', recorded: ['job:errors:rate5m']}"),
    Good("{alert: A, expr: 'job:errors:rate1h > 1', recorded: ['job:errors:rate5m', 'job:errors:rate1h']}"),
    Bad(
        "{alert: A, expr: 'job:errors:rate5m > 1', recorded: ['job:error:rate5m']}",
        "`A`: no rule records `job:errors:rate5m`",
    ),
    *(
        Unjudged(
            f"{{alert: A, expr: '{expr} > 1', recorded: ['job:errors:rate5m', 'job:err6:sum']}}",
            NotApplicable("no rule here records what `A` uses, nor anything like it"),
        )
        for expr in ("job:errors:rate1h + job:err5:sum", "elsewhere:x:sum")
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/rules/",
)
def check(rule: AlertRule) -> Iterator[Finding]:
    names = {metric(one) for one in selectors(expression(rule)) if ":" in metric(one)}
    if not names or not rule.around.recorded:
        raise NotApplicable(f"`{rule.name}` uses no recorded series, or no rule file records any")
    judged = bool(names & rule.around.recorded)
    for name in sorted(names - rule.around.recorded):
        for close in sorted(rule.around.recorded):
            if _misspelt(name, close):
                judged = True
                yield about(rule, f"no rule records `{name}`", f"did you mean `{close}`?")
                break
    if not judged:
        raise NotApplicable(f"no rule here records what `{rule.name}` uses, nor anything like it")


def _misspelt(name: str, other: str) -> bool:
    """Whether a name is another with one part misspelt. Another Prometheus may record the rest of a family."""
    parts, others = name.split(":"), other.split(":")
    differing = [pair for pair in zip(parts, others, strict=False) if pair[0] != pair[1]]
    if len(parts) != len(others) or parts[-1] != others[-1] or len(differing) != 1:
        return False
    one, two = differing[0]
    return len(one) > 3 and difflib.SequenceMatcher(None, one, two).ratio() >= ALIKE and _letters(one) != _letters(two)


def _letters(text: str) -> str:
    return re.sub(r"\d+", "", text)
