"""How the two sides of an operation find each other: operations between vectors that match nothing, or too much.

Every function takes a parsed expression and yields faults in neutral terms; rules turn them into findings.
"""

from collections.abc import Iterator, Set

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    LabelModifierType,
    MatchOp,
    MatrixSelector,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorMatchCardinality,
    VectorSelector,
)

from stack.records.queries.promql import (
    SAME_LABELS,
    SETS,
    VARIABLE,
    Labels,
    bare,
    children,
    is_scalar,
    labels,
    nodes,
    operator,
    shown,
)
from stack.records.queries.promql_faults import Fault, text_of

_GIVEN_BY_OTHERS = frozenset({
    "cluster", "system", "namespace", "job", "service", "region", "zone", "env", "environment", "datacenter", "team",
    "owner", "app", "product",
})  # fmt: skip
"""Labels of which there is only one for a finer label: a pod has one namespace, an instance one service."""

_OF_ONE_PLACE = frozenset({"instance", "pod", "node", "container", "host", "hostname", "nodename", "exported_pod"})
"""Labels that may say the same: an instance is in one pod, on one node."""


def mismatches(tree: Expr) -> Iterator[Fault]:
    """Operations that match nothing, or each series with itself."""
    for node in between_vectors(tree):
        found = [*_matches_nothing(node), *_other_values(node)]
        yield from found or [*_brings_nothing(node), *_of_itself(node)]


def several_matches(tree: Expr) -> Iterator[Fault]:
    """Operations one side of which may have several series for one of the other."""
    for node in between_vectors(tree):
        if not [*_matches_nothing(node), *_other_values(node)]:
            yield from _several_matches(node)


def between_vectors(tree: Expr) -> Iterator[BinaryExpr]:
    """The operations that match series of one side with those of the other."""
    for node in nodes(tree):
        if isinstance(node, BinaryExpr) and operator(node) != "or" and not any(map(is_scalar, children(node))):
            yield node


def _matches_nothing(node: BinaryExpr) -> Iterator[Fault]:
    """A label that only one side has."""
    label = _different(labels(node.lhs), labels(node.rhs), node)
    if label:
        without, side = ("right", "left") if labels(node.rhs).lacks(label) else ("left", "right")
        part = shown(bare(node.rhs if without == "right" else node.lhs))
        yield Fault(
            f"`{operator(node)}` matches nothing: only the {side} side has the label `{label}`, not `{part}`",
            "aggregate both sides by the same labels, or name those to compare: `on (…)`",
        )


def _other_values(node: BinaryExpr) -> Iterator[Fault]:
    """A label that the two sides fix to different values."""
    left, right = _fixed(node.lhs), _fixed(node.rhs)
    for label in sorted(_compared(left.keys() & right.keys(), node)):
        if left[label] != right[label] and not VARIABLE.search(left[label] + right[label]):
            yield Fault(
                f"`{operator(node)}` matches nothing: `{label}` is `{left[label]}` on the left side and "
                f"`{right[label]}` on the right",
                f"leave it out of the comparison: `{operator(node)} ignoring ({label})`",
            )
            return


def _several_matches(node: BinaryExpr) -> Iterator[Fault]:
    """A side that has several series for one of the other: an error as soon as there are two."""
    if operator(node) in SETS:
        return
    card = node.modifier.card if node.modifier is not None else None
    one_of = ((VectorMatchCardinality.ManyToOne, "left"), (VectorMatchCardinality.OneToMany, "right"))
    many = next((side for kind, side in one_of if card == kind), "")
    brought = frozenset(node.modifier.group_labels or ()) if node.modifier is not None else frozenset()
    for side, part in (("left", node.lhs), ("right", node.rhs)):
        found = labels(part)
        compared, one = _compared(found.has, node), bare(part)
        if isinstance(one, AggregateExpr) and str(one.op) in SAME_LABELS:  # `topk by (pod) (1, …)` leaves one for each
            continue
        # Labels that `group_left` takes from this side tell of its one series, as a version does.
        extra = found.has - compared - _fixed(part).keys() - brought - _GIVEN_BY_OTHERS
        extra -= _OF_ONE_PLACE if compared & _OF_ONE_PLACE else frozenset()
        if side != many and found.all and extra:
            group = {"left": "group_left", "right": "group_right"}[side]
            yield Fault(
                f"`{shown(one)}` has a series for each `{min(extra)}`, and only one may match one of the other side",
                f"aggregate it without `{min(extra)}`" + ("" if many else f", or say that it is meant: `{group}`"),
            )
            return


def _brings_nothing(node: BinaryExpr) -> Iterator[Fault]:
    """`group_left (version)` where the other side has no such label."""
    modifier = node.modifier
    if modifier is None or modifier.card == VectorMatchCardinality.OneToOne:
        return
    one = node.rhs if modifier.card == VectorMatchCardinality.ManyToOne else node.lhs
    for label in modifier.group_labels or ():
        if labels(one).lacks(label):
            yield Fault(
                f"`{shown(bare(one))}` has no label `{label}` that it could bring",
                f"keep it there: `by (…, {label})`",
            )


def _of_itself(node: BinaryExpr) -> Iterator[Fault]:
    """A ratio whose two sides are the same series: `rate(a{code="500"}[5m]) / rate(a[5m])` is 1 wherever it is.

    `a / a` is a way to write 1 for the labels of `a`.
    """
    left, right = bare(node.lhs), bare(node.rhs)
    meant = isinstance(left, VectorSelector)
    if operator(node) != "/" or (node.modifier is not None and node.modifier.matching is not None):
        return
    if isinstance(left, Call) and isinstance(right, Call):
        if left.func.name != right.func.name or len(left.args) != 1 or len(right.args) != 1:
            return
        left, right = left.args[0], right.args[0]
    if isinstance(left, MatrixSelector) and isinstance(right, MatrixSelector):
        if left.range != right.range:
            return
        left, right = left.vector_selector, right.vector_selector
    if not isinstance(left, VectorSelector) or not isinstance(right, VectorSelector) or not left.name:
        return
    same = left.name == right.name and left.offset == right.offset and left.at == right.at
    wanted, all_of = ({text_of(one) for one in side.matchers.matchers} for side in (left, right))
    if same and (all_of < wanted or (all_of == wanted and not meant)):
        yield Fault(
            f"`{shown(node)}` divides each series by itself, and is 1",
            "add them up on both sides: `sum by (…) (…) / sum by (…) (…)`",
        )


def _fixed(node: Expr) -> dict[str, str]:
    """The labels that have one value in all of a result, as far as the expression tells."""
    node = bare(node)
    match node:
        case VectorSelector():
            return {one.name: one.value for one in node.matchers.matchers if one.op == MatchOp.Equal and one.value}
        case MatrixSelector():
            return _fixed(node.vector_selector)
        case SubqueryExpr() | UnaryExpr():
            return _fixed(node.expr)
        case AggregateExpr():
            inner = _fixed(node.expr)
            if str(node.op) in SAME_LABELS:
                return inner
            named = set(node.modifier.labels) if node.modifier is not None else set()
            by = node.modifier is None or node.modifier.type == AggModifierType.By
            return {name: value for name, value in inner.items() if (name in named) == by}
        case Call():
            vectors = [arg for arg in node.args if not is_scalar(arg)]
            given = {arg.val for arg in node.args if isinstance(arg, StringLiteral)}
            inner = _fixed(vectors[0]) if vectors else {}
            return {name: value for name, value in inner.items() if name not in given}
        case BinaryExpr() if is_scalar(node.rhs) or operator(node) in ("and", "unless"):
            return _fixed(node.lhs)
        case BinaryExpr() if is_scalar(node.lhs):
            return _fixed(node.rhs)
        case _:
            return {}


def _different(left: Labels, right: Labels, node: BinaryExpr) -> str:
    """A label that one side has and the other lacks, of those that are compared; empty where there is none."""
    compared = _compared(left.has | right.has, node)
    return min((one for one in compared if left.lacks(one) or right.lacks(one)), default="")


def _compared(names: Set[str], node: BinaryExpr) -> frozenset[str]:
    """Those of some labels that an operation compares."""
    matching = node.modifier.matching if node.modifier is not None else None
    if matching is None:
        return frozenset(names)
    listed = frozenset(matching.labels)
    return frozenset(names & listed if matching.type == LabelModifierType.Include else names - listed)
