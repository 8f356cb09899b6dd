"""Findings about rules of a rule file."""

from collections.abc import Callable, Iterable, Iterator

from promql_parser import Expr

from stack.records.alerts.rules import AlertRule
from suites.core.finding import Finding, Where
from suites.core.rule import NotApplicable


def about(rule: AlertRule, message: str, hint: str) -> Finding:
    """A finding about one rule, which names its file and line."""
    return Finding(f"`{rule.name}`: {message}", Where(file=rule.file, line=rule.line, excerpt=rule.expr.strip()), hint)


def expression(rule: AlertRule, parts: Callable[[Expr], Iterator[object]] | None = None, kind: str = "") -> Expr:
    """The parsed PromQL of a rule; raises NotApplicable where there is none, or it has none of the parts of a kind."""
    tree = rule.promql.tree
    if tree is None:
        raise NotApplicable(f"`{rule.name}` is no PromQL that could be parsed")
    if parts is not None and not any(True for _ in parts(tree)):
        raise NotApplicable(f"`{rule.name}` has no {kind}")
    return tree


def alert(rule: AlertRule) -> AlertRule:
    """The rule, which is an alert; raises NotApplicable for a recording rule."""
    if rule.record:
        raise NotApplicable(f"`{rule.name}` is a recording rule")
    return rule


def faults(rule: AlertRule, found: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Findings from the faults of an expression, each once."""
    for message, hint in dict.fromkeys(found):
        yield about(rule, message, hint)
