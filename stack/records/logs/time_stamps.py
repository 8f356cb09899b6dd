"""Timestamps as log lines write them, read to the nanosecond.

Two forms are read: a number of seconds since the epoch (zap's production encoder) and RFC 3339 text, whose zone may
be missing, which a rule reports. Nothing here reads the clock.
"""

import calendar
import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

NS = 1_000_000_000
"""Nanoseconds in a second."""

_FARTHEST = 1e20
"""Seconds from the epoch; numbers beyond are no timestamps in any unit."""


class LogTime(NamedTuple):
    """A moment: `ns` since the epoch, taken as UTC where the text names no zone (`zoned` is then false)."""

    ns: int
    zoned: bool


_TEXT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:[.,]([0-9]{1,18}))?([Zz]|[+-][0-9]{2}:?[0-9]{2})?\Z"
)


def read_time(value: object) -> LogTime | None:
    """Read the timestamp of a log line; `None` for what is no timestamp.

    A number is seconds since the epoch, up to 1e20: nanoseconds taken for seconds are read too, for a rule to
    recognise. The fraction of a float is its shortest decimal form, so `1732430000.123` is exactly 123 ms past the
    second. Text is RFC 3339, with the zone optional, the offset's colon optional (zap's ISO 8601 encoder leaves it
    out) and a blank allowed for the `T`.
    """
    if isinstance(value, str):
        return _read_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_FARTHEST < value < _FARTHEST:
        return None
    return LogTime(value * NS, zoned=True) if isinstance(value, int) else _read_float(value)


def _read_float(value: float) -> LogTime:
    whole, point, fraction = repr(value).partition(".")
    if point and fraction.isdigit() and whole.isdigit():
        return LogTime(int(whole) * NS + int(fraction[:9].ljust(9, "0")), zoned=True)
    return LogTime(int(Decimal(repr(value)) * NS), zoned=True)


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
    """Seconds since midnight at `hh:mm:ss`; second 60 is RFC 3339's leap second."""
    hour, minute, second = (int(part) for part in clock.split(":"))
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second <= 60 else None


@lru_cache(maxsize=64)
def _offset(zone: str) -> int | None:
    """The seconds a zone is ahead of UTC: `Z`, `+02:00` or `+0200`."""
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:
        return None
    return (1 if zone[0] == "+" else -1) * (hours * 3600 + minutes * 60)
