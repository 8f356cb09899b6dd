"""PromQL expressions: parsed, walked, and with the labels that their results have.

`promql-parser` does not know all of PromQL. What it refuses for a reason that no later version of Prometheus will
change is an error; other refusals are syntax that is not known here, and are never taken for a fault.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import promql_parser
from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    LabelModifierType,
    Matcher,
    MatchOp,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorMatchCardinality,
    VectorSelector,
)

_CERTAIN = re.compile(
    r"unclosed |unexpected end of input|expected type |expected \d+ argument|expected at (least|most) \d+ argument|"
    r"unterminated |no expression found|vector selector must contain|comparisons between scalars|set operator |"
    r"unexpected identifier '.*' in label matching|unexpected right |illegal regex|duration out of range"
)
_UNSPECIFIC = "invalid promql query"
_GAP = re.compile(r"\s+|(?=[),])|(?<=\()|^|$")
"""Where an operand can be: around parentheses and blanks, since Prometheus has operators of two signs, such as `</`."""
_LONGEST = 2000
"""Characters up to which a missing operand is looked for, by parsing once per gap."""
VARIABLE = re.compile(r"⟦(\w+)⟧")
"""How a variable of a dashboard stands in an expression: where it was `$job`, the text has `⟦job⟧`."""

_RENAMED = {"holt_winters": "double_exponential_smoothing"}

COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
SETS = frozenset({"and", "or", "unless"})
SAME_LABELS = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
"""Aggregations whose results are some of the series that they are given."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed expression, or why there is none: `error` is certain, `unknown` may be syntax of a newer Prometheus."""

    tree: Expr | None = None
    error: str = ""
    unknown: str = ""


@lru_cache(maxsize=4096)
def parse(text: str) -> Parsed:
    """Parse an expression; never raises."""
    tree, reason = read_tree(text)
    if tree is not None:
        return Parsed(tree)
    for old, new in _RENAMED.items():
        if f"unknown function with name '{old}'" in reason:
            return Parsed(error=f"Prometheus 3 has no function `{old}`; it is `{new}` there")
    if reason == _UNSPECIFIC and (missing := _missing_operand(text)):
        return Parsed(error=missing)
    return Parsed(error=reason) if _CERTAIN.search(reason) else Parsed(unknown=reason)


def read_tree(text: str) -> tuple[Expr | None, str]:
    """The tree of an expression, or None and why the parser refuses it; parses once and never raises."""
    try:
        return promql_parser.parse(text), ""
    except ValueError as refused:
        return None, str(refused).strip()
    except BaseException as panic:
        # The parser panics on a length of time that it cannot hold, `offset inf`; its class cannot be imported.
        if type(panic).__name__ != "PanicException":
            raise
        return None, "duration out of range" if "Duration" in str(panic) else str(panic)


def _missing_operand(text: str) -> str:
    """Say where an operand is missing: the expression parses with one there. No later syntax can do without."""
    for gap in _GAP.finditer(text) if len(text) <= _LONGEST else ():
        rest = " ".join(text[gap.start() :].split())
        if read_tree(f"{text[: gap.start()]} x {text[gap.start() :]}")[0] is not None:
            return f"an operand is missing {f'before `{rest[:40]}`' if rest else 'at the end'}"
    return ""


def children(node: Expr) -> list[Expr]:
    """The expressions directly inside another."""
    match node:
        case BinaryExpr():
            return [node.lhs, node.rhs]
        case AggregateExpr():
            return [node.expr] if node.param is None else [node.param, node.expr]
        case Call():
            return list(node.args)
        case ParenExpr() | UnaryExpr() | SubqueryExpr():
            return [node.expr]
        case MatrixSelector():
            return [node.vector_selector]
        case _:
            return []


def nodes(tree: Expr | None) -> Iterator[Expr]:
    """Every expression inside a tree, itself first."""
    if tree is not None:
        yield tree
        for inner in children(tree):
            yield from nodes(inner)


def bare(node: Expr) -> Expr:
    """An expression without the parentheses around it."""
    while isinstance(node, ParenExpr):
        node = node.expr
    return node


def shown(node: Expr) -> str:
    """An expression as messages show it: in one line, and not longer than one can read."""
    text = " ".join(node.prettify().split())
    text = VARIABLE.sub(r"$\1", re.sub(r"([({\[]) | ([)}\]])", lambda match: match[1] or match[2], text))
    return text if len(text) <= 120 else f"{text[:117]}…"


def operator(node: BinaryExpr) -> str:
    """The operator of a binary expression: `>`, `and`."""
    return str(node.op)


def selectors(tree: Expr | None) -> list[VectorSelector]:
    """Every selector, in order."""
    return [node for node in nodes(tree) if isinstance(node, VectorSelector)]


def matchers(selector: VectorSelector) -> list[Matcher]:
    """The matchers of a selector, those joined by `or` included."""
    return [*selector.matchers.matchers, *(one for group in selector.matchers.or_matchers for one in group)]


def metric(selector: VectorSelector) -> str:
    """The metric that a selector names, empty where it names none."""
    named = (one.value for one in matchers(selector) if one.name == "__name__" and one.op == MatchOp.Equal)
    return selector.name or next(named, "")


def takes(selector: VectorSelector, name: str) -> bool:
    """Whether a selector may take series of a metric, by its name or by a pattern of names."""
    patterns = [one.value for one in matchers(selector) if one.name == "__name__" and one.op == MatchOp.Re]
    named = metric(selector)
    return named == name if named else any(re.fullmatch(one, name) for one in patterns)


def is_scalar(node: Expr) -> bool:
    """Whether an expression is a number, not a vector."""
    node = bare(node)
    match node:
        case NumberLiteral() | StringLiteral():
            return True
        case Call():
            return node.func.name in ("scalar", "time", "pi", "start", "end", "step", "range")
        case UnaryExpr():
            return is_scalar(node.expr)
        case BinaryExpr():
            return is_scalar(node.lhs) and is_scalar(node.rhs)
        case _:
            return False


def number(node: Expr) -> float | None:
    """The value of an expression that is a number as it stands; None for any other."""
    node = bare(node)
    if isinstance(node, NumberLiteral):
        return float(node.val)
    if isinstance(node, UnaryExpr):
        value = number(node.expr)
        return None if value is None else -value
    return None


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a result: those that each series has, and whether these are `all`."""

    has: frozenset[str]
    all: bool = False

    def lacks(self, label: str) -> bool:
        """Whether no series has a label."""
        return self.all and label not in self.has


UNKNOWN = Labels(frozenset())
NONE = Labels(frozenset(), all=True)


def labels(node: Expr) -> Labels:
    """The labels that the result of an expression has, as far as the expression tells.

    A label that an aggregation keeps counts as there: whoever writes `by (pod)` has series with that label.
    """
    node = bare(node)
    match node:
        case VectorSelector():
            return _of_selector(node)
        case MatrixSelector():
            return _of_selector(node.vector_selector)
        case SubqueryExpr() | UnaryExpr():
            return labels(node.expr)
        case AggregateExpr():
            return _of_aggregation(node)
        case Call():
            return _of_call(node)
        case BinaryExpr():
            return _of_binary(node)
        case _:
            return NONE


def _of_selector(selector: VectorSelector) -> Labels:
    name = metric(selector)
    equal = {one.name for one in selector.matchers.matchers if one.op == MatchOp.Equal and one.value}
    # A scrape adds these two; results of recording rules and Prometheus' own ALERTS may be without.
    scraped = set() if not name or ":" in name or name.startswith("ALERTS") else {"job", "instance"}
    return Labels(frozenset((equal | scraped) - {"__name__"}))


def _of_aggregation(node: AggregateExpr) -> Labels:
    inner = labels(node.expr)
    kind = str(node.op)
    if kind in SAME_LABELS:
        return inner
    added = set()
    if kind == "count_values" and isinstance(node.param, StringLiteral):
        added = {node.param.val}
    if node.modifier is None:
        return Labels(frozenset(added), all=True)
    named = set(node.modifier.labels)
    if node.modifier.type == AggModifierType.By:
        kept = {label for label in named if not inner.lacks(label)}
        return Labels(frozenset(kept | added), all=True)
    return Labels(inner.has - named | added, inner.all)


def _of_call(node: Call) -> Labels:
    name, args = node.func.name, list(node.args)
    if name in ("absent", "absent_over_time"):
        selector = bare(args[0])
        selector = selector.vector_selector if isinstance(selector, MatrixSelector) else selector
        if not isinstance(selector, VectorSelector):
            return NONE
        return Labels(_of_selector(selector).has & {one.name for one in matchers(selector)}, all=True)
    vectors = [arg for arg in args if not is_scalar(arg)]
    if name in ("vector", "time", "scalar") or not vectors:
        return NONE
    inner = labels(vectors[0])
    if name.startswith("histogram_") and name not in ("histogram_count", "histogram_sum", "histogram_avg"):
        return Labels(inner.has - {"le"}, inner.all)
    if name in ("label_replace", "label_join", "info"):
        target = {args[1].val} if len(args) > 1 and isinstance(args[1], StringLiteral) else set()
        return Labels(inner.has - target)
    return inner


def _of_binary(node: BinaryExpr) -> Labels:
    if is_scalar(node.lhs):
        return labels(node.rhs)
    left = labels(node.lhs)
    if is_scalar(node.rhs) or operator(node) in ("and", "unless"):
        return left
    right = labels(node.rhs)
    if operator(node) == "or":
        return Labels(left.has & right.has, left.all and right.all and left.has == right.has)
    modifier = node.modifier
    if modifier is None or modifier.matching is None:
        return left
    many = modifier.card
    if many == VectorMatchCardinality.OneToOne:
        named = frozenset(modifier.matching.labels)
        if modifier.matching.type == LabelModifierType.Include:
            return Labels(named, all=True)
        return Labels(left.has - named, left.all)
    side = left if many == VectorMatchCardinality.ManyToOne else right
    return Labels(side.has | frozenset(modifier.group_labels or ()), side.all)
