"""The tokens of both exposition formats: names, numbers, escapes, and well-formed sample lines.

Sources: OpenMetrics 1.0 "ABNF", and the EBNF of the Prometheus text format. What these expressions refuse goes to
`exposition_scan`, which says precisely why.
"""

from __future__ import annotations

import math
import re
from sys import intern

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*+")
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*+)="((?:[^"\\]++|\\[\\n"])*+)')
_ESCAPE = re.compile(r"\\([\\n\"])")
_LABELS = r'[^"{}]*+(?:"(?:[^"\\]++|\\.)*+"[^"{}]*+)*+'
SAMPLE = re.compile(
    rf"([a-zA-Z_:][a-zA-Z0-9_:]*+)(?:\{{({_LABELS})\}})? ([^ #]++)(?: ([^ #]++))?"
    rf"(?: # \{{({_LABELS})\}} ([^ ]++)(?: ([^ ]++))?)?"
)
"""A sample line with single spaces: name, labels, value, timestamp, exemplar labels, value and timestamp."""
INT64 = re.compile(r"[+-]?[0-9]++")

CACHE_LIMIT = 100_000
_EXACT = 1e5  # from here on six digits would not show a whole number whole
_UNESCAPED = {"n": "\n", '"': '"', "\\": "\\"}


class BadNumberError(KeyError):
    """A token that is no number; a KeyError so that a cache may raise it."""


class BadTimestampError(KeyError):
    """A token that is no timestamp; a KeyError so that a cache may raise it."""


class OddPairError(KeyError):
    """A label pair that is not in plain form; a KeyError so that a cache may raise it."""


def number(text: str) -> float:
    """The value of a number token; raises `BadNumberError`.

    Both formats end up with one grammar: OpenMetrics' ABNF, and for the text format what Prometheus accepts of
    Go's ParseFloat (it refuses the hexadecimal form and `_`).
    """
    if _NUMBER.fullmatch(text):
        value = float(text)
        if math.isinf(value):
            raise BadNumberError(text)
        return value
    if _INFINITE.fullmatch(text) or text.lower() == "nan":
        return float(text)
    raise BadNumberError(text)


def shown(value: float) -> str:
    """A value as the formats write it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:g}" if abs(value) < _EXACT else repr(value)


class Numbers(dict[str, float]):
    """Number tokens by text, so that a token seen again costs one look-up and no memory."""

    def __missing__(self, text: str) -> float:
        """Read a token not seen yet; raises `BadNumberError`."""
        value = number(text)
        if len(self) >= CACHE_LIMIT:
            self.clear()
        self[text] = value
        return value


class Pairs(dict[str, tuple[str, str]]):
    """Label pairs by their text up to the closing quote (`method="GET`), so that equal pairs are one object.

    Names that begin with `reserved` are left to a closer look.
    """

    def __init__(self, *, reserved: str) -> None:
        super().__init__()
        self._reserved = reserved

    def __missing__(self, text: str) -> tuple[str, str]:
        """Read a pair not seen yet; raises `OddPairError` for one that needs a closer look."""
        found = _PAIR.fullmatch(text)
        if found is None or text.startswith(self._reserved):
            raise OddPairError(text)
        name, value = found.groups()
        pair = (intern(name), unescape(value))
        if len(self) >= CACHE_LIMIT:
            self.clear()
        self[text] = pair
        return pair


def unescape(text: str) -> str:
    r"""Undo `\\`, `\n` and `\"`; a backslash before anything else stays as it stands."""
    return _ESCAPE.sub(lambda found: _UNESCAPED[found[1]], text) if "\\" in text else text


def unescape_help(text: str) -> str:
    r"""Undo the escapes of a text-format HELP line, `\\` and `\n`."""
    return re.sub(r"\\([\\n])", lambda found: _UNESCAPED[found[1]], text) if "\\" in text else text
