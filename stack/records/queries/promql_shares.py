"""Shares of 0 to 1 and percentages in PromQL, told by their form: a part divided by its whole, and that times 100."""

import re
from collections.abc import Iterator

from promql_parser import AggregateExpr, BinaryExpr, Expr

from stack.records.queries.promql import COMPARISONS, bare, matchers, metric, nodes, number, operator, selectors, shown
from stack.records.queries.promql_faults import Fault, text_of

_PART_OF_WHOLE = re.compile(
    r"(\w+)_(avail|available|free|used|usage)_bytes/\1_(size|total|limit|max|capacity)_bytes"
    r"|node_memory_\w+_bytes/node_memory_MemTotal_bytes|node_filesystem_files_free/node_filesystem_files"
    r"|process_open_fds/process_max_fds"
)
_MORE_THAN_A_SHARE = 1.5
"""Rates that are extrapolated differently make shares slightly above 1; nobody compares with 150 percent."""


def shares_as_percent(tree: Expr) -> Iterator[Fault]:
    """Shares of 0 to 1 that are compared with a percentage."""
    for node in nodes(tree):
        if isinstance(node, BinaryExpr) and operator(node) in COMPARISONS and is_share(node.lhs):
            limit = number(node.rhs)
            if limit is not None and limit > _MORE_THAN_A_SHARE:
                yield Fault(
                    f"`{shown(node)}` compares a share of 0 to 1 with {limit:g}",
                    f"compare with {limit / 100:g}, or multiply it: `100 * …`",
                )


def is_share(node: Expr) -> bool:
    """Whether an expression is a share of 0 to 1: a part divided by its whole, or what is left of it."""
    node = bare(node)
    if isinstance(node, AggregateExpr) and str(node.op) in ("avg", "min", "max"):
        return is_share(node.expr)
    if not isinstance(node, BinaryExpr):
        return False
    if operator(node) == "-" and number(node.lhs) == 1:
        return is_share(node.rhs)
    parts, wholes = selectors(node.lhs), selectors(node.rhs)
    if operator(node) != "/" or len(parts) != 1 or len(wholes) != 1 or any(map(number, _operands(node))):
        return False
    part, whole = parts[0], wholes[0]
    if metric(part) == metric(whole):
        texts = {text_of(one) for one in matchers(part)}
        return bool(metric(part)) and {text_of(one) for one in matchers(whole)} < texts
    return bool(_PART_OF_WHOLE.fullmatch(f"{metric(part)}/{metric(whole)}"))


def is_percentage(node: Expr) -> bool:
    """Whether an expression is a share times 100."""
    node = bare(node)
    if isinstance(node, AggregateExpr) and str(node.op) in ("avg", "min", "max"):
        return is_percentage(node.expr)
    if not isinstance(node, BinaryExpr) or operator(node) not in ("*", "-", "/"):
        return False
    if operator(node) == "-":
        return number(node.lhs) == 100 and is_percentage(node.rhs)
    if operator(node) == "/":  # `100 * a / b` is `(100 * a) / b`, and `a / b * 100` a product
        scaled = bare(node.lhs)
        of_hundred = isinstance(scaled, BinaryExpr) and operator(scaled) == "*" and number(scaled.lhs) == 100
        return of_hundred and len(selectors(node.lhs)) == len(selectors(node.rhs)) == 1
    left, right = number(node.lhs), number(node.rhs)
    return (left == 100 and is_share(node.rhs)) or (right == 100 and is_share(node.lhs))


def _operands(tree: Expr) -> list[Expr]:
    """The sides of all operations inside an expression: a factor in one of them makes a share something else."""
    return [side for node in nodes(tree) if isinstance(node, BinaryExpr) for side in (node.lhs, node.rhs)]
