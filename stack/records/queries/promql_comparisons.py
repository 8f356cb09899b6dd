"""What an expression can be at all: comparisons that no value fulfils, and selectors that select nothing.

Every function takes a parsed expression and yields faults in neutral terms; rules turn them into findings.
"""

from collections.abc import Iterator

from promql_parser import AggregateExpr, BinaryExpr, Call, Expr, MatchOp, VectorSelector

from stack.records.queries.promql import COMPARISONS, VARIABLE, bare, metric, nodes, number, operator, shown
from stack.records.queries.promql_faults import COUNTER_FUNCTIONS, Fault


def impossible(tree: Expr) -> Iterator[Fault]:
    """Comparisons that no value fulfils."""
    for node in nodes(tree):
        if isinstance(node, VectorSelector):
            yield from _selects_nothing(node)
        if not isinstance(node, BinaryExpr) or operator(node) not in COMPARISONS:
            continue
        sign, limit, left = operator(node), number(node.rhs), bare(node.lhs)
        bounds = None if limit is None else _bounds(left) or _compared(left)
        if limit is None or bounds is None or _is_bool(node):
            continue
        low, high, why = bounds
        fulfilled = {
            "==": low <= limit <= high,
            "!=": not low == high == limit,
            ">": high > limit,
            ">=": high >= limit,
            "<": low < limit,
            "<=": low <= limit,
        }[sign]
        if not fulfilled:
            yield Fault(f"`{shown(node)}` is never true: {why}", "`absent(…)` is true where there are no series")


def _is_bool(node: BinaryExpr) -> bool:
    return node.modifier is not None and bool(node.modifier.return_bool)


def _bounds(node: Expr) -> tuple[float, float, str] | None:
    """The least and the highest value of an expression, and why; None where anything may come."""
    infinite = float("inf")
    if isinstance(node, AggregateExpr) and str(node.op) == "count":
        return 1, infinite, "a count of no series is no series, not 0"
    if isinstance(node, AggregateExpr) and str(node.op) == "group":
        return 1, 1, "a group is always 1"
    if isinstance(node, Call) and node.func.name in ("absent", "absent_over_time"):
        return 1, 1, "`absent` is 1 or nothing"
    if isinstance(node, Call) and node.func.name in COUNTER_FUNCTIONS:
        return 0, infinite, "counters only increase"
    if isinstance(node, VectorSelector) and metric(node) == "up":
        return 0, 1, "`up` is 0 or 1"
    return None


def _compared(node: Expr) -> tuple[float, float, str] | None:
    """The bounds that an earlier comparison sets: `a > 5 < 3` compares what is left of `a > 5`."""
    if not isinstance(node, BinaryExpr) or operator(node) not in (">", ">=", "<", "<=") or _is_bool(node):
        return None
    limit = number(node.rhs)
    if limit is None:
        return None
    why = f"comparisons bind from left to right, and `{shown(node)}` leaves no such value"
    return (limit, float("inf"), why) if operator(node) in (">", ">=") else (-float("inf"), limit, why)


def _selects_nothing(selector: VectorSelector) -> Iterator[Fault]:
    """A selector whose matchers on one label exclude each other."""
    equal = [one for one in selector.matchers.matchers if one.op == MatchOp.Equal and not VARIABLE.search(one.value)]
    for one in equal:
        other = next((it.value for it in equal if it.name == one.name and it.value != one.value), None)
        if other is not None:
            yield Fault(
                f"`{shown(selector)}` selects nothing: `{one.name}` cannot be both `{one.value}` and `{other}`",
                'a pattern matches either: `=~"a|b"`',
            )
            return
