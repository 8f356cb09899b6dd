"""Reads the number tokens of a sample line, and says what is wrong with them."""

from __future__ import annotations

from typing import NamedTuple

from stack.records.exposition.grammar import CACHE_LIMIT, INT64, BadNumberError, BadTimestampError, number

_INT64_MAX = 2**63
_INT64_DIGITS = 20
_LATEST = 1e11
"""Seconds reach it in the year 5138, milliseconds passed it in 1973."""


class Problem(NamedTuple):
    """One thing wrong with a line: the violation's code, its `what` (the thing to mend), and its detail."""

    code: str
    what: tuple[str, ...]
    detail: tuple[str, ...] = ()


def unreadable(reason: str, column: int = 0) -> Problem:
    """A line that is no sample; `column` counts from 1."""
    return Problem("parsable", ("line", reason), (str(column),) if column else ())


def milliseconds(token: str) -> float | None:
    """The seconds that a text-format timestamp says; None where it is no int64."""
    if len(token) > _INT64_DIGITS or not INT64.fullmatch(token) or not -_INT64_MAX <= int(token) < _INT64_MAX:
        return None
    return int(token) / 1000


def seconds(token: str) -> float | None:
    """The seconds that an OpenMetrics timestamp says; None where `check_timestamp` objects."""
    return None if check_timestamp(token, "") else number(token)


def check_timestamp(token: str, name: str) -> Problem | None:
    """What is wrong with an OpenMetrics timestamp token; a realnumber of the ABNF, in seconds."""
    try:
        value = number(token)
    except BadNumberError:
        return Problem("numbers", (name,), (token,))
    if token.lstrip("+-")[:1].lower() in {"i", "n"}:
        return Problem("numbers", (name,), (token,))
    if abs(value) >= _LATEST:
        return Problem("openmetrics-timestamps-in-seconds", (name,), (token,))
    return None


class Stamps(dict[str, float]):
    """Timestamps in seconds by their tokens, since most samples of an exposition share theirs."""

    def __init__(self, *, openmetrics: bool) -> None:
        super().__init__()
        self._read = seconds if openmetrics else milliseconds

    def __missing__(self, token: str) -> float:
        """Read a timestamp not seen yet; raises `BadTimestampError`."""
        value = self._read(token)
        if value is None:
            raise BadTimestampError(token)
        if len(self) >= CACHE_LIMIT:
            self.clear()
        self[token] = value
        return value


def looks_like_sample(rest: str) -> bool:
    """Whether what follows a bad name could be the rest of a sample: labels, or a number and at most one more."""
    if rest.lstrip(" \t").startswith("{"):
        return True
    tokens = rest.split()
    return 1 <= len(tokens) <= 2 and is_number(tokens[0])  # value and timestamp


def is_number(token: str) -> bool:
    """Whether the token is a number of the formats."""
    try:
        number(token)
    except BadNumberError:
        return False
    return True
