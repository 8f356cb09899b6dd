"""The names that a query relies on: metrics and labels of a PromQL query, labels of a LogQL one.

An empty answer is ambiguous. Nothing may have happened yet, or the query may select what does not exist and will
always be empty; the names tell the two apart.
"""

import re

import promql_parser
from promql_parser import Matcher, MatchOp, VectorSelector

# LogQL has no parser for Python. Its stream selectors are the only braces outside of quoted text.
_TEXT = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`')
_SELECTOR = re.compile(r"\{([^{}]*)\}")
_CHOICE = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?:\|[a-zA-Z_:][a-zA-Z0-9_:]*)*")
_MATCHER = re.compile(r'([A-Za-z_][A-Za-z0-9_]*)\s*(?:=~|!~|!=|=)\s*"')


def selected(expr: str) -> dict[str, tuple[str, ...]]:
    """The metrics that a PromQL query names, in order, each with the labels that it matches on.

    A pattern that is a choice of names counts as one, `a_total|b_total`. Empty for a query that cannot be parsed.
    """
    selectors: list[VectorSelector] = []

    def visit(node: object) -> None:
        if isinstance(node, VectorSelector):
            selectors.append(node)

    try:
        promql_parser.walk(promql_parser.parse(expr), visit)
    except ValueError:
        return {}
    found: dict[str, dict[str, None]] = {}
    for selector in selectors:
        matchers = selector.matchers.matchers
        named = (one.value for one in matchers if one.name == "__name__" and _named(one))
        name = selector.name or next(named, None)
        if name:
            found.setdefault(name, {}).update((one.name, None) for one in matchers if one.name != "__name__")
    return {metric: tuple(labels) for metric, labels in found.items()}


def _named(matcher: Matcher) -> bool:
    return matcher.op == MatchOp.Equal or (matcher.op == MatchOp.Re and bool(_CHOICE.fullmatch(matcher.value)))


def stream_labels(expr: str) -> tuple[str, ...]:
    """The stream labels that the selectors of a LogQL query match on, in order, each once."""
    selectors = _SELECTOR.findall(_TEXT.sub('""', expr))
    return tuple(dict.fromkeys(name for selector in selectors for name in _MATCHER.findall(selector)))
