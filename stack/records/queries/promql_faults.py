"""What is wrong with a PromQL expression although it parses: results that are empty, or not what they seem.

Every function takes a parsed expression and yields faults in neutral terms; rules turn them into findings.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    Matcher,
    MatchOp,
    MatrixSelector,
    SubqueryExpr,
    VectorSelector,
)

from stack.records.queries.promql import (
    COMPARISONS,
    VARIABLE,
    bare,
    children,
    labels,
    matchers,
    metric,
    nodes,
    operator,
    selectors,
    shown,
)
from stack.records.queries.promql_reach import seconds

COUNTER_FUNCTIONS = frozenset({"rate", "irate", "increase"})
NEEDS_TWO = COUNTER_FUNCTIONS | {"delta", "idelta", "deriv", "predict_linear"}
"""Functions whose result is empty where their window holds fewer than two samples."""

POSITIVE = (MatchOp.Equal, MatchOp.Re)

_PATTERN = re.compile(r"\.[*+]|\w\|\w")
_FREE_TEXT = frozenset({"path", "uri", "url", "route", "handler", "pattern", "endpoint", "query"})
"""Labels whose values may look like patterns: routes are named by them."""

_META = re.compile(r"[\\^$*+?.()|\[\]{}]")
_GAUGE = re.compile(
    r"(^up|_ratio|_percent|_celsius|_timestamp_seconds|_info|_(free|avail|available|used|usage|size|limit)_bytes"
    r"|^process_((resident|virtual)_memory_(max_)?bytes|(open|max)_fds|start_time_seconds)|^go_(goroutines|threads)"
    r"|^go_memstats_(?!\w*total$)\w+_bytes|^node_(load\d+|memory_\w+_bytes|filesystem_\w+_bytes)"
    r"|^container_memory_\w+_bytes|^jvm_(memory|buffer)_\w+_bytes|^jvm_threads_\w+|^redis_(connected_clients|memory_\w+_bytes))$"
)
"""Names that say so by their end, and those of common libraries and exporters."""


class Fault(NamedTuple):
    """What is wrong, and what to write instead."""

    message: str
    hint: str


def text_of(matcher: Matcher) -> str:
    """A matcher as it is written: `le="1"`."""
    sign = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}[str(matcher.op).rpartition(".")[2]]
    return VARIABLE.sub(r"$\1", f'{matcher.name}{sign}"{matcher.value}"')


def is_literal(pattern: str) -> bool:
    """Whether a regular expression is nothing but text."""
    return not _META.search(pattern)


def quantiles(tree: Expr) -> Iterator[tuple[str, Expr]]:
    """The functions on the buckets of histograms, each with what it gets."""
    for node in nodes(tree):
        if isinstance(node, Call) and node.func.name in ("histogram_quantile", "histogram_fraction") and node.args:
            yield node.func.name, list(node.args)[-1]


def quantiles_without_le(tree: Expr) -> Iterator[Fault]:
    """A quantile of classic buckets whose label `le` was aggregated away."""
    for name, buckets in quantiles(tree):
        classic = [one for one in selectors(buckets) if metric(one).endswith("_bucket")]
        # VictoriaMetrics has buckets by `vmrange` instead.
        if classic and labels(buckets).lacks("le") and labels(buckets).lacks("vmrange"):
            yield Fault(
                f"`{name}` gets buckets without `le`: `{shown(buckets)}`",
                "keep the label: `sum by (le, …) (rate(…_bucket[…]))`",
            )


def numbers_as_text(tree: Expr) -> Iterator[Fault]:
    """Whole numbers that are compared with `le` or `quantile`, which Prometheus 3 stores as `1.0`.

    Where an expression matches both ways of writing a number, it is meant for old and new data.
    """
    compared = [one for selector in selectors(tree) for one in matchers(selector) if one.name in ("le", "quantile")]
    every = {value for one in compared for value in _alternatives(one)}
    for one in compared:
        written = [value for value in _alternatives(one) if value.isascii() and value.isdecimal()]
        missed = [value for value in written if not {as_stored(value), re.escape(as_stored(value))} & every]
        if missed:
            stored = ", ".join(f"`{as_stored(value)}`" for value in missed)
            what = ", ".join(f"`{value}`" for value in missed)
            both = "|".join(f"{value}|{re.escape(as_stored(value))}" for value in missed)
            yield Fault(
                f"{what} in `{text_of(one)}` is no value that Prometheus 3 has scraped: it stores {stored}",
                f'match both while old data is kept: `{one.name}{"=~" if one.op in POSITIVE else "!~"}"{both}"`',
            )


def _alternatives(matcher: Matcher) -> list[str]:
    equal = matcher.op in (MatchOp.Equal, MatchOp.NotEqual)
    return [matcher.value] if equal else matcher.value.removeprefix("(").removesuffix(")").split("|")


def as_stored(number: str) -> str:
    """A whole number as Prometheus 3 writes it into `le` and `quantile`: with a point, from a million on as a power."""
    digits = number.lstrip("0") or "0"
    if len(digits) <= 6:
        return f"{digits}.0"
    mantissa = digits.rstrip("0")
    return f"{mantissa[0]}{'.' if mantissa[1:] else ''}{mantissa[1:]}e+{len(digits) - 1:02d}"


def patterns_as_text(tree: Expr) -> Iterator[Fault]:
    """A pattern that is compared as text."""
    for selector in selectors(tree):
        for one in matchers(selector):
            equal = one.op in (MatchOp.Equal, MatchOp.NotEqual) and one.name not in _FREE_TEXT
            if equal and not VARIABLE.search(one.value) and _PATTERN.search(one.value):
                yield Fault(
                    f"`{text_of(one)}` compares with the text `{one.value}`, not with a pattern",
                    f"`{'=~' if one.op == MatchOp.Equal else '!~'}` matches a regular expression",
                )


def rate_windows(tree: Expr) -> Iterator[tuple[Call, float]]:
    """The functions that need two samples, each with its window in seconds."""
    for node in nodes(tree):
        if isinstance(node, Call) and node.func.name in NEEDS_TWO and isinstance(node.args[0], MatrixSelector):
            yield node, seconds(node.args[0].range)


def short_windows(tree: Expr, scrape_s: float) -> Iterator[Fault]:
    """Windows that do not always hold two scrapes, for functions that need two."""
    for node, window in rate_windows(tree):
        if window < 2 * scrape_s:
            yield Fault(
                f"`{shown(node)}` is empty: its window holds fewer than two scrapes, one every {scrape_s:g} s",
                f"a window of four scrapes, `[{4 * scrape_s:g}s]`, survives a failed one",
            )


def raw_counters(tree: Expr) -> Iterator[Fault]:
    """Counters that are used as they are, whose value says only how long a process has run."""
    for node, inside in _with_functions(tree):
        if isinstance(node, VectorSelector) and metric(node).endswith("_total") and not inside:
            yield Fault(f"the counter `{metric(node)}` is used without `rate()` or `increase()`", "rate(…[5m])")


def _with_functions(node: Expr, inside: bool = False) -> Iterator[tuple[Expr, bool]]:
    """Every expression, and whether something around it makes sense of a counter's raw value."""
    yield node, inside
    inside = inside or isinstance(node, Call | MatrixSelector | SubqueryExpr)
    inside = inside or (isinstance(node, AggregateExpr) and str(node.op) in ("count", "group", "count_values"))
    for inner in children(node):
        # `a_total unless a_total offset 1h` is about series that are new, and the right side of `and` only selects.
        selects = isinstance(node, BinaryExpr) and (
            operator(node) == "unless" or (operator(node) == "and" and inner is not node.lhs) or _of_capacity(node)
        )
        yield from _with_functions(inner, inside or selects)


def _of_capacity(node: BinaryExpr) -> bool:
    """Whether a part is compared with a whole: `used_bytes / size_bytes_total`, which is a gauge by another name."""
    if operator(node) not in ("/", "-") or any(isinstance(one, Call) for one in nodes(node)):
        return False
    return not all(metric(one).endswith("_total") for one in selectors(node))


def functions_of_wrong_type(tree: Expr) -> Iterator[Fault]:
    """Rates of gauges and of sums, and slopes of counters."""
    for node in nodes(tree):
        if not isinstance(node, Call) or not node.args:
            continue
        name, inner = node.func.name, node.args[0]
        if name in COUNTER_FUNCTIONS and isinstance(inner, SubqueryExpr):
            within = list(nodes(inner.expr))
            sums = any(isinstance(one, AggregateExpr) and str(one.op) == "sum" for one in within)
            if sums and not any(isinstance(one, MatrixSelector) for one in within):
                yield Fault(
                    f"`{name}` of a sum jumps whenever one of its counters restarts: `{shown(node)}`",
                    "take the rate first, then the sum: `sum(rate(…))`",
                )
        elif isinstance(inner, MatrixSelector):
            of = metric(inner.vector_selector)
            if name in COUNTER_FUNCTIONS and _GAUGE.search(of):
                yield Fault(f"`{name}` of `{of}`, which is a gauge", "`deriv` or `delta` is for gauges")
            if name in ("delta", "idelta", "deriv", "predict_linear") and of.endswith("_total"):
                yield Fault(f"`{name}` of `{of}`, which is a counter", "`rate` or `increase` is for counters")


def ratios_without_total(tree: Expr) -> Iterator[Fault]:
    """Failures divided by successes, of which there is no series where everything fails."""
    for node in nodes(tree):
        if not isinstance(node, BinaryExpr) or operator(node) != "/":
            continue
        left, right = _counted(node.lhs), _counted(node.rhs)
        if len(left) != 1 or len(right) != 1 or metric(left[0]) != metric(right[0]) or not metric(left[0]):
            continue
        for one in right[0].matchers.matchers:
            other = next((it for it in left[0].matchers.matchers if it.name == one.name), None)
            if other is not None and one.name not in ("job", "instance", "__name__") and _disjoint(other, one):
                yield Fault(
                    f"`{shown(node)}` has no result where there is no series with `{text_of(one)}`: "
                    f"when everything fails it is silent",
                    "divide by all of them: leave the matcher out of the divisor",
                )


def _counted(tree: Expr) -> list[VectorSelector]:
    """The selectors whose rate or increase is taken; none where something else is in the expression, too."""
    every = selectors(tree)
    calls = [node for node in nodes(tree) if isinstance(node, Call) and node.func.name in COUNTER_FUNCTIONS]
    return every if len(calls) == len(every) else []


def _disjoint(one: Matcher, other: Matcher) -> bool:
    """Whether two matchers on one label exclude each other, as far as that can be told; variables tell nothing."""
    if VARIABLE.search(one.value + other.value):
        return False
    equal, negative = (MatchOp.Equal, MatchOp.Re), (MatchOp.NotEqual, MatchOp.NotRe)
    if one.op in equal and other.op in negative:
        return one.value == other.value
    if one.op in equal and other.op in equal:
        heads = [{part[:1] for part in it.value.strip("()").split("|")} for it in (one, other)]
        return not heads[0] & heads[1] and not any(head in ("", ".", "[", "(", "^") for head in heads[0] | heads[1])
    return False


def needless_patterns(tree: Expr) -> Iterator[Fault]:
    """Regular expressions that are nothing but text."""
    for selector in selectors(tree):
        for one in matchers(selector):
            if one.op in (MatchOp.Re, MatchOp.NotRe) and is_literal(one.value) and not VARIABLE.search(one.value):
                sign = "=" if one.op == MatchOp.Re else "!="
                yield Fault(f"`{text_of(one)}` is a pattern that is only text", f'{one.name}{sign}"{one.value}"')


def averaged_quantiles(tree: Expr) -> Iterator[Fault]:
    """Averages and sums of quantiles, which are quantiles of nothing."""
    for node in nodes(tree):
        inner = bare(node.expr) if isinstance(node, AggregateExpr) and str(node.op) in ("avg", "sum") else None
        if isinstance(inner, Call) and inner.func.name == "histogram_quantile":
            yield Fault(
                f"`{shown(node)}` is no quantile: those of parts cannot be averaged",
                "add up the buckets, then take it: `histogram_quantile(…, sum by (le) (rate(…)))`",
            )


def aggregated_divisions(tree: Expr) -> Iterator[Fault]:
    """Aggregations over divisions: one series that is divided by zero makes all of the result NaN."""
    for node in nodes(tree):
        inner = bare(node.expr) if isinstance(node, AggregateExpr) else node
        if not isinstance(node, AggregateExpr) or str(node.op) not in ("sum", "avg", "stddev", "stdvar"):
            continue
        if not isinstance(inner, BinaryExpr) or operator(inner) != "/":
            continue
        divisor = list(nodes(inner.rhs))
        functions = {one.func.name for one in divisor if isinstance(one, Call)}
        if (
            functions & COUNTER_FUNCTIONS
            and not functions & {"clamp_min", "clamp"}
            and not any(isinstance(one, BinaryExpr) and operator(one) in COMPARISONS for one in divisor)
        ):
            yield Fault(
                f"`{shown(node)}` is NaN as soon as one divisor is 0",
                "divide the sums: `sum(…) / sum(…)`, or leave zeros out: `/ (… > 0)`",
            )
