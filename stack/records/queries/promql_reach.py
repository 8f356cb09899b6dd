"""How far back in time a PromQL expression asks for data."""

from datetime import timedelta

from promql_parser import (
    Expr,
    MatrixSelector,
    SubqueryExpr,
    VectorSelector,
)

from stack.records.queries.promql import (
    children,
    nodes,
)


def seconds(length: timedelta | None) -> float:
    """A length of time in seconds, 0 for none."""
    return length.total_seconds() if length is not None else 0.0


def reaches_back_s(tree: Expr) -> float:
    """How many seconds before its own time an expression asks for data that it cannot do without.

    A window need not be full to have a result, but an offset moves all of it, and the steps of a subquery lie at
    multiples of their length. `@` fixes the time: that is as far back as can be.
    """
    back = [0.0]
    for node in nodes(tree):
        if isinstance(node, VectorSelector | SubqueryExpr):
            back.append(seconds(node.offset))
            back += [float("inf")] if node.at is not None else []
        if isinstance(node, SubqueryExpr):
            back.append(seconds(node.step) or 60.0)
    return max(back)


def longest_reach_s(tree: Expr) -> float:
    """How many seconds before its own time an expression asks for data, windows and offsets taken together."""

    def reach(node: Expr) -> float:
        own = seconds(node.range) if isinstance(node, MatrixSelector | SubqueryExpr) else 0.0
        own += max(0.0, seconds(node.offset)) if isinstance(node, VectorSelector | SubqueryExpr) else 0.0
        return own + max((reach(inner) for inner in children(node)), default=0.0)

    return reach(tree)
