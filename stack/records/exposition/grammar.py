"""The tokens of both exposition formats: names, numbers, timestamps, escapes, and well-formed sample lines.

Sources: OpenMetrics 1.0 "ABNF", and the EBNF of the Prometheus text format. What these expressions refuse goes to
`scan`, which finds out precisely why.
"""

import math
import re
from sys import intern

from stack.records.exposition.model import Format, Labels

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
_MILLISECONDS = re.compile(r"[0-9]++")  # Prometheus reads no sign
_INT64_MAX = 2**63
_INT64_DIGITS = 19
_SECONDS = range(10**9, 10**11)  # as seconds from 2001 to 5138; as milliseconds weeks of 1970 to 1973
_FINER = (1e12, 1e15, 1e18)  # milli-, micro- and nanoseconds since 1970 in 2001; they have one digit more in 2286

_CACHE_LIMIT = 20_000
_FEW = 1_000
_DIGITS = "0123456789."
PLAIN = 300
"""A number of fewer digits is never too large for a float."""
_EXACT = 1e5  # from here on six digits would not show a whole number whole
_UNESCAPED = {"n": "\n", '"': '"', "\\": "\\"}


class BadNumberError(KeyError):
    """A token that is no number; a KeyError so that a cache may raise it."""


class BadTimestampError(KeyError):
    """A token that is no timestamp of the format; a KeyError so that a cache may raise it."""


class OtherUnitError(BadTimestampError):
    """A timestamp that is a time of our days only in the unit of the other format, seconds or milliseconds."""


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


def is_number(token: str) -> bool:
    """Whether the token is a number of the formats."""
    try:
        number(token)
    except BadNumberError:
        return False
    return True


def milliseconds(token: str) -> float:
    """A text-format timestamp in seconds; raises `BadTimestampError` where it is no int64."""
    digits = _MILLISECONDS.fullmatch(token) and token.lstrip("0")
    if digits is None or len(digits) > _INT64_DIGITS or (value := int(token)) >= _INT64_MAX:
        raise BadTimestampError(token)
    if value in _SECONDS:
        raise OtherUnitError(token)
    return value / 1000


def seconds(token: str) -> float:
    """An OpenMetrics timestamp, a realnumber of the ABNF; raises `BadTimestampError`."""
    try:
        value = number(token)
    except BadNumberError:
        raise BadTimestampError(token) from None
    if token.lstrip("+-")[:1].lower() in {"i", "n"}:
        raise BadTimestampError(token)
    if any(since <= value < 10 * since for since in _FINER):
        raise OtherUnitError(token)
    return value


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
        try:
            value = float(text) if len(text) < PLAIN and not text.strip(_DIGITS) else number(text)
        except ValueError:
            raise BadNumberError(text) from None
        if len(self) >= _CACHE_LIMIT:
            self.clear()
        self[text] = value
        return value


class Timestamps(dict[str, float]):
    """Timestamps in seconds by their tokens, since most samples of an exposition share theirs."""

    def __init__(self, fmt: Format) -> None:
        super().__init__()
        self._read = seconds if fmt is Format.OPENMETRICS else milliseconds

    def __missing__(self, token: str) -> float:
        """Read a timestamp not seen yet; raises `BadTimestampError`."""
        value = self._read(token)
        if len(self) >= _CACHE_LIMIT:
            self.clear()
        self[token] = value
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
        if len(self) >= _CACHE_LIMIT:
            self.clear()
        self[text] = pair
        return pair


class LabelSets(dict[str | None, Labels]):
    """Label sets by the text between their braces up to the last quote, None for no braces: many families share one."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__({None: ()})
        self._pair = pairs.__getitem__

    def __missing__(self, text: str) -> Labels:
        """Read a label set not seen yet; raises KeyError for one that needs a closer look."""
        labels = tuple(map(self._pair, text.split('",')))
        if len(dict(labels)) < len(labels):
            raise KeyError(text)
        if len(self) < _FEW:
            self[text] = labels
        return labels


def unescape(text: str) -> str:
    r"""Undo `\\`, `\n` and `\"`; a backslash before anything else is kept."""
    return _ESCAPE.sub(lambda found: _UNESCAPED[found[1]], text) if "\\" in text else text


def unescape_help(text: str) -> str:
    r"""Undo the escapes of a text-format HELP line, `\\` and `\n`."""
    return re.sub(r"\\([\\n])", lambda found: _UNESCAPED[found[1]], text) if "\\" in text else text
