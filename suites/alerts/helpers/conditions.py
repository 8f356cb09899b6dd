"""When the condition of an alert holds: always, never for long, or not for the first event."""

import json
from collections.abc import Iterator

from promql_parser import AggregateExpr, BinaryExpr, Call, Expr, MatchOp, MatrixSelector, UnaryExpr, VectorSelector

from stack.records.queries.promql import (
    COMPARISONS,
    SETS,
    bare,
    children,
    matchers,
    metric,
    nodes,
    number,
    operator,
    selectors,
)
from stack.records.queries.promql_reach import seconds

EVENTS = frozenset({"increase", "changes", "resets", "delta", "idelta"})
DYNAMIC = frozenset(
    {"code", "status", "status_code", "reason", "error", "error_type", "exception", "result", "outcome"}
)
"""Labels whose values appear with the first event: a counter has no series for them before."""

PLACES = frozenset({"__name__", "job", "instance", "service", "system", "namespace", "cluster", "container", "pod"})
"""Labels that say where a series is from, not what is the case."""


def always_holds(tree: Expr) -> bool:
    """Whether nothing measured is in the expression: a dead man's switch (`vector(1)`)."""
    return not selectors(tree)


def filters(node: Expr) -> bool:
    """Whether an expression drops series by a condition, so that an alert on it does not fire all the time."""
    node = bare(node)
    if isinstance(node, BinaryExpr):
        sign = operator(node)
        if sign in COMPARISONS and not (node.modifier is not None and node.modifier.return_bool):
            return True
        if sign in SETS:
            return sign != "or" or (filters(node.lhs) and filters(node.rhs))
        return filters(node.lhs) or filters(node.rhs)
    if isinstance(node, Call) and node.func.name.startswith("absent"):
        return True
    if isinstance(node, VectorSelector):
        return _only_when_bad(node)
    if isinstance(node, MatrixSelector):
        return not metric(node.vector_selector) or metric(node.vector_selector).startswith("ALERTS")
    return any(filters(inner) for inner in children(node))


def _only_when_bad(selector: VectorSelector) -> bool:
    """Whether the series may exist only while something is the case: alerts, and facts that are told by labels."""
    name = metric(selector)
    told = any(one.name not in PLACES for one in selector.matchers.matchers)
    return not name or told or name.startswith("ALERTS") or name.endswith("_info")


def windows_of_events(tree: Expr) -> Iterator[tuple[str, float]]:
    """The functions that count events and their windows in seconds, where one event is enough for the condition."""
    for node in nodes(tree):
        if not isinstance(node, BinaryExpr) or operator(node) not in (">", ">=", "!="):
            continue
        limit = number(node.rhs)
        if limit is None or limit > (1 if operator(node) == ">=" else 0):
            continue
        counted = bare(node.lhs)
        while isinstance(counted, AggregateExpr | UnaryExpr):
            counted = bare(counted.expr)
        if isinstance(counted, Call) and counted.func.name in EVENTS and isinstance(counted.args[0], MatrixSelector):
            yield counted.func.name, seconds(counted.args[0].range)


def misses_first(tree: Expr) -> Iterator[tuple[str, str]]:
    """Counters, each with a label whose series begin with the first event, where one event should be enough."""
    if any(isinstance(node, BinaryExpr) and operator(node) == "or" for node in nodes(tree)):
        return
    for node in nodes(tree):
        if not isinstance(node, BinaryExpr) or (operator(node), number(node.rhs)) not in ((">", 0), (">=", 1)):
            continue
        counted, kept = bare(node.lhs), set()
        while isinstance(counted, AggregateExpr):
            kept |= set(counted.modifier.labels) if counted.modifier is not None else set()
            counted = bare(counted.expr)
        if isinstance(counted, Call) and counted.func.name in ("rate", "irate", "increase"):
            for selector in selectors(counted):
                named = {one.name for one in matchers(selector) if one.op in (MatchOp.Equal, MatchOp.Re)}
                if found := min((kept | named) & DYNAMIC, default=""):
                    yield metric(selector), found


def needed_series(tree: Expr | None) -> Iterator[tuple[str, str]]:
    """The metrics that must exist for an expression to have a result, each with a selector of its lasting labels.

    Left out: what is in `absent`, and metrics that the expression expects to begin (`m unless m offset 10m`).
    """
    spared = set()
    for node in nodes(tree):
        if isinstance(node, BinaryExpr) and operator(node) == "unless":
            before = {_text(one) for one in selectors(node.rhs) if one.offset is not None}
            spared |= {_text(one) for one in selectors(node.lhs)} & before
        elif isinstance(node, Call) and node.func.name.startswith("absent"):
            spared |= {_text(one) for one in selectors(node)}
    yield from dict.fromkeys((metric(one), _text(one)) for one in selectors(tree) if _text(one) not in spared)


def _text(selector: VectorSelector) -> str:
    """A selector without its range and the labels that begin with an event."""
    kept = [one for one in matchers(selector) if one.name not in DYNAMIC]
    body = ", ".join(f"{one.name}{_sign(one.op)}{json.dumps(one.value)}" for one in kept)
    return f"{selector.name or ''}{{{body}}}" if body else selector.name or ""


def _sign(op: MatchOp) -> str:
    signs = ((MatchOp.Equal, "="), (MatchOp.NotEqual, "!="), (MatchOp.Re, "=~"), (MatchOp.NotRe, "!~"))
    return next(sign for one, sign in signs if one == op)
