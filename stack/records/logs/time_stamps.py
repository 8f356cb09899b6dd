"""Timestamps as log lines write them, read to the nanosecond.

Three forms are read: a number since the epoch in a given unit, also as text (nginx' `$msec`, OTLP's `timeUnixNano`),
RFC 3339 text, whose zone may be missing, which a rule reports, and text in a given layout.
"""

import calendar
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from stack.text import go_time

NS = 1_000_000_000
"""Nanoseconds in a second."""

_FARTHEST = 1e20
"""Seconds from the epoch; numbers beyond are no timestamps in any unit."""


class LogTime(NamedTuple):
    """A moment: `ns` since the epoch, taken as UTC where the text names no zone (`zoned` is then false)."""

    ns: int
    zoned: bool


class Window(NamedTuple):
    """Between which moments lines were written, in nanoseconds since the epoch, widened by the tolerance."""

    start: int
    end: int

    def contains(self, ns: int, slack: int = 0) -> bool:
        """Whether a moment lies in the window, or at most `slack` nanoseconds outside."""
        return self.start - slack <= ns <= self.end + slack


_TEXT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:[.,]([0-9]{1,18}))?(Z|[+-][0-9]{2}:?[0-9]{2})?\Z"
)


UNITS = {"s": NS, "ms": 1_000_000, "us": 1000, "ns": 1}
"""Nanoseconds in each unit of a numeric time."""

UNIT_NAMES = {
    UNITS[unit]: name
    for unit, name in zip(UNITS, ("seconds", "milliseconds", "microseconds", "nanoseconds"), strict=True)
}
"""The units in words, by their nanoseconds."""

_EPOCH = re.compile(r"([0-9]{9,10})(?:\.([0-9]{1,9})|((?<=[0-9]{10})(?:[0-9]{3}|[0-9]{6}|[0-9]{9})))?")
_DIGITS = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,9})?")


def read_time(value: object, unit_ns: int = NS, layouts: Sequence[str] = (), near_s: float = 0) -> LogTime | None:
    """Read the timestamp of a log line; `None` for what is no timestamp.

    A number is counted in units of `unit_ns` since the epoch, up to 1e20: nanoseconds taken for seconds are read too,
    for a rule to recognise. The fraction of a float is its shortest decimal form, so `1732430000.123` is exactly
    123 ms past the second. Text is RFC 3339, with the zone optional, the offset's colon optional (zap's ISO 8601
    encoder leaves it out) and a blank allowed for the `T`, which Go's parser takes in capitals only; or it has one of
    the `layouts`, in Go's notation. A
    year that a layout lacks is that of `near_s`, in seconds since the epoch.
    """
    if isinstance(value, str):
        if _DIGITS.fullmatch(value):
            return read_time(float(value) if "." in value else int(value), unit_ns)
        return _read_text(value) or _read_layouts(value, layouts, near_s)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_FARTHEST < value < _FARTHEST:
        return None
    return LogTime(value * unit_ns, zoned=True) if isinstance(value, int) else _read_float(value, unit_ns)


def is_number(value: object) -> bool:
    """Whether a time is a number, or text that is one."""
    return bool(_DIGITS.fullmatch(value)) if isinstance(value, str) else type(value) in (int, float)


def epoch_ns(value: object) -> int | None:
    """A plausible number since the epoch in nanoseconds, its unit read off its digits; None for another one."""
    text = repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
    found = _EPOCH.fullmatch(text)
    return None if found is None else int(found[1]) * NS + int((found[2] or found[3] or "").ljust(9, "0"))


def _read_layouts(text: str, layouts: Sequence[str], near_s: float) -> LogTime | None:
    for layout in layouts:
        try:
            return LogTime(*go_time.parser(layout)(text.strip(), near_s))
        except go_time.TimeError:
            continue
    return None


def _read_float(value: float, unit_ns: int) -> LogTime:
    whole, point, fraction = repr(value).partition(".")
    if unit_ns == NS and point and fraction.isdigit() and whole.isdigit():
        return LogTime(int(whole) * NS + int(fraction[:9].ljust(9, "0")), zoned=True)
    return LogTime(int(Decimal(repr(value)) * unit_ns), zoned=True)


def _read_text(text: str) -> LogTime | None:
    found = _TEXT.match(text)
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    midnight = _midnight(day)
    second = _second_of_day(clock)
    if midnight is None or second is None:
        return None
    ns = (midnight + second) * NS
    if fraction:
        ns += int(fraction[:9].ljust(9, "0"))
    if not zone:
        return LogTime(ns, zoned=False)
    if text[10] == " " and len(zone) == 5:  # neither RFC 3339 nor ISO 8601, nor a layout of the agents
        return None
    offset = _offset(zone)
    return None if offset is None else LogTime(ns - offset * NS, zoned=True)


@lru_cache(maxsize=64)
def _midnight(day: str) -> int | None:
    """Seconds since the epoch at the start of `YYYY-MM-DD`; `None` for a day that no calendar has."""
    year, month, number = (int(part) for part in day.split("-"))
    if not (year >= 1 and 1 <= month <= 12 and 1 <= number <= calendar.monthrange(year, month)[1]):
        return None
    return calendar.timegm((year, month, number, 0, 0, 0))


@lru_cache(maxsize=4096)
def _second_of_day(clock: str) -> int | None:
    """Seconds since midnight at `hh:mm:ss`; no leap second, which Go does not read either."""
    hour, minute, second = (int(part) for part in clock.split(":"))
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second < 60 else None


@lru_cache(maxsize=64)
def _offset(zone: str) -> int | None:
    """The seconds a zone is ahead of UTC: `Z`, `+02:00` or `+0200`."""
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:
        return None
    return (1 if zone[0] == "+" else -1) * (hours * 3600 + minutes * 60)
