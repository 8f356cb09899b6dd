"""The names that a query relies on: metrics of a PromQL query, labels of a LogQL one.

An empty answer is ambiguous. Nothing may have happened yet, or the query may ask for something that does not exist
and will be empty for ever; the names tell the two apart.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)|(?P<comment>\#[^\n]*)"""
    r"""|(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)|(?P<number>\d[\w.]*)|(?P<sign>[^\s])"""
)
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan", "start", "end"})
_LABEL_LISTS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_TEXT = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`')
_MATCHER = re.compile(r'([A-Za-z_][A-Za-z0-9_]*)\s*(?:=~|!~|!=|=)\s*(?:"|`)')


def metrics_of(expr: str) -> tuple[str, ...]:
    """The metrics that a PromQL query names, in order, each once."""
    tokens = [match for match in _TOKEN.finditer(expr) if match.lastgroup not in ("text", "comment")]
    found: dict[str, None] = {}
    depth, labels_at = 0, -1
    for at, token in enumerate(tokens):
        sign = token.group()
        after = tokens[at + 1].group() if at + 1 < len(tokens) else ""
        if sign in "([{":
            before = tokens[at - 1].group().lower() if at else ""
            depth += 1
            if labels_at < 0 and (sign != "(" or before in _LABEL_LISTS):
                labels_at = depth
        elif sign in ")]}":
            labels_at = -1 if depth == labels_at else labels_at
            depth -= 1
        elif token.lastgroup == "name" and labels_at < 0 and not _is_word(sign.lower(), after.lower()):
            found[sign] = None
    return tuple(found)


def _is_word(name: str, after: str) -> bool:
    """Whether a name is a function, an aggregation or a keyword."""
    return after in ("(", "by", "without") or name in _WORDS or name in _LABEL_LISTS


def matched_of(expr: str) -> dict[str, tuple[str, ...]]:
    """The labels that a PromQL query matches on, by metric."""
    found: dict[str, dict[str, None]] = {}
    for metric, selector in re.findall(r"([A-Za-z_:][A-Za-z0-9_:]*)\s*\{([^{}]*)\}", _TEXT.sub('""', expr)):
        found.setdefault(metric, {}).update(dict.fromkeys(_MATCHER.findall(selector)))
    return {metric: tuple(labels) for metric, labels in found.items()}


def labels_of(expr: str) -> tuple[str, ...]:
    """The stream labels that the selectors of a LogQL query match on, in order, each once."""
    selectors = re.findall(r"\{([^{}]*)\}", _TEXT.sub('""', expr))
    return tuple(dict.fromkeys(name for selector in selectors for name in _MATCHER.findall(selector)))
