"""Go's time layouts: a layout is an example of the reference time `Mon Jan 2 15:04:05 MST 2006`.

Source: https://pkg.go.dev/time#pkg-constants and the documentation of `time.Parse`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from stack.embedded.refusal import NotSimulated

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ELEMENT = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|_2006|__2|002|01|02|03|04|05|06|15|PM|pm"
    r"|Z07:00:00|Z070000|-07:00:00|-070000|Z07:00|Z0700|-07:00|-0700|Z07|-07|[.,](?:0+|9+)(?!\d)|_2|1|2|3|4|5"
)
_EPOCH = datetime(1970, 1, 1)


class TimeError(ValueError):
    """The value does not fit the layout."""


@dataclass
class _Parsed:
    year: int = 0
    month: int = 1
    day: int = 1
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    offset_s: int | None = None
    pm: bool | None = None


Reader = Callable[[str, _Parsed], str]


def _digits(name: str, least: int, most: int, low: int, high: int) -> Reader:
    pattern = re.compile(rf"[0-9]{{{least},{most}}}")

    def read(value: str, into: _Parsed) -> str:
        match = pattern.match(value)
        if match is None or not low <= int(match.group()) <= high:
            raise TimeError(f"{name} out of range or missing at {value[:20]!r}")
        setattr(into, name, int(match.group()))
        return value[match.end() :]

    return read


def _two_digit_year(value: str, into: _Parsed) -> str:
    rest = _digits("year", 2, 2, 0, 99)(value, into)
    into.year += 1900 if into.year >= 69 else 2000
    return rest


def _padded_day(value: str, into: _Parsed) -> str:
    return _digits("day", 1, 2, 0, 31)(value[1:] if value.startswith(" ") else value, into)


def _name(words: tuple[str, ...], length: int | None, name: str | None) -> Reader:
    def read(value: str, into: _Parsed) -> str:
        for number, word in enumerate(words, 1):
            shown = word[:length]
            if value[: len(shown)].lower() == shown.lower():
                if name:
                    setattr(into, name, number)
                return value[len(shown) :]
        raise TimeError(f"no name of a {name or 'weekday'} at {value[:20]!r}")

    return read


def _half(value: str, into: _Parsed) -> str:
    if value[:2] not in {"AM", "PM", "am", "pm"}:
        raise TimeError(f"neither AM nor PM at {value[:20]!r}")
    into.pm = value[:2].lower() == "pm"
    return value[2:]


def _fraction(value: str, into: _Parsed, digits: int | None) -> str:
    match = re.match(r"[.,](\d+)", value)
    if match is None or (digits is not None and len(match[1]) < digits):
        raise TimeError(f"no fraction of a second at {value[:20]!r}")
    used = match[1] if digits is None else match[1][:digits]
    into.nanosecond = int(used[:9].ljust(9, "0"))
    return value[1 + len(used) :]


def _offset(element: str) -> Reader:
    utc, colon = element.startswith("Z"), ":" in element
    minutes = len(element.strip("-Z").replace(":", "")) >= 4
    pattern = re.compile(r"([+-])(\d\d)" + ((":" if colon else "") + r"(\d\d)" if minutes else "()"))

    def read(value: str, into: _Parsed) -> str:
        if utc and value.startswith("Z"):
            into.offset_s = 0
            return value[1:]
        match = pattern.match(value)
        if match is None or int(match[2]) > 24 or int(match[3] or 0) > 60:
            raise TimeError(f"no offset from UTC at {value[:20]!r}")
        into.offset_s = (int(match[2]) * 3600 + int(match[3] or 0) * 60) * (-1 if match[1] == "-" else 1)
        return value[match.end() :]

    return read


_READERS: dict[str, Reader] = {
    "2006": _digits("year", 4, 4, 0, 9999),
    "06": _two_digit_year,
    "01": _digits("month", 2, 2, 1, 12),
    "1": _digits("month", 1, 2, 1, 12),
    "Jan": _name(_MONTHS, 3, "month"),
    "January": _name(_MONTHS, None, "month"),
    "Mon": _name(_DAYS, 3, None),
    "Monday": _name(_DAYS, None, None),
    "02": _digits("day", 2, 2, 0, 31),
    "2": _digits("day", 1, 2, 0, 31),
    "_2": _padded_day,
    "15": _digits("hour", 1, 2, 0, 23),
    "03": _digits("hour", 2, 2, 0, 12),
    "3": _digits("hour", 1, 2, 0, 12),
    "04": _digits("minute", 2, 2, 0, 59),
    "4": _digits("minute", 1, 2, 0, 59),
    "05": _digits("second", 2, 2, 0, 59),
    "5": _digits("second", 1, 2, 0, 59),
    "PM": _half,
    "pm": _half,
    **{zone: _offset(zone) for zone in ("Z07:00", "Z0700", "Z07", "-07:00", "-0700", "-07")},
}


@dataclass
class Layout:
    """A compiled Go layout; `has_year` tells whether the text names the year.

    Raises `NotSimulated` for elements that are not known here (zone names such as MST, day of the year).
    """

    text: str
    where: str
    _parts: list[str | tuple[str, Reader]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        at = 0
        for match in _ELEMENT.finditer(self.text):
            element = match.group()
            if match.start() > at:
                self._parts.append(self.text[at : match.start()])
            at = match.end()
            self._parts.append((element, self._reader(element)))
        if at < len(self.text):
            self._parts.append(self.text[at:])

    @property
    def has_year(self) -> bool:
        """Whether Promtail takes the layout to contain a year: it looks for `06` in its text."""
        return "06" in self.text

    def parse(self, value: str) -> _Parsed:
        """Read `value`; raises `TimeError` where it does not fit."""
        parsed, rest = _Parsed(), value
        for number, part in enumerate(self._parts):
            if isinstance(part, str):
                rest = _literal(part, rest)
                continue
            element, reader = part
            rest = reader(rest, parsed)
            if element in {"05", "5"} and re.match(r"[.,]\d", rest) and not self._fraction_follows(number):
                rest = _fraction(rest, parsed, None)
        if rest:
            raise TimeError(f"extra text {rest[:20]!r}")
        if parsed.pm is not None:
            parsed.hour = parsed.hour % 12 + (12 if parsed.pm else 0)
        _check_day(parsed)
        return parsed

    def _fraction_follows(self, number: int) -> bool:
        following = self._parts[number + 1] if number + 1 < len(self._parts) else ""
        return isinstance(following, tuple) and following[0][0] in ".,"

    def _reader(self, element: str) -> Reader:
        if element[0] in ".,":
            if element[1] == "0":
                return lambda value, into: _fraction(value, into, len(element) - 1)
            return lambda value, into: _fraction(value, into, None) if re.match(r"[.,]\d", value) else value
        if element not in _READERS:
            raise NotSimulated(f"{self.where}: `{element}` in the time layout `{self.text}`")
        return _READERS[element]


def nanoseconds(parsed: _Parsed, zone: tzinfo | None = None, year: int | None = None) -> int:
    """Nanoseconds since 1970 of a parsed time, in `zone` if it names no offset, with `year` in place of its own."""
    chosen = parsed.year if year is None else year
    # Year 0 exists in Go's calendar, not in Python's; the calendar repeats after 400 years.
    shift = 400 if chosen == 0 else 0
    local = datetime(chosen + shift, parsed.month, 1, parsed.hour, parsed.minute, parsed.second)
    local += timedelta(days=parsed.day - 1)
    offset_s = parsed.offset_s
    if offset_s is None:
        offset = local.replace(tzinfo=zone).utcoffset() if zone else None
        offset_s = int((offset or timedelta()).total_seconds())
    seconds = (local - _EPOCH) // timedelta(seconds=1) - (146097 * 86400 if shift else 0)
    return (seconds - offset_s) * 1_000_000_000 + parsed.nanosecond


def _literal(part: str, value: str) -> str:
    """Skip literal text; a run of spaces in the layout matches any number of spaces."""
    for piece in re.findall(r" +|[^ ]+", part):
        if piece[0] == " ":
            if value and not value.startswith(" "):
                raise TimeError(f"a space is missing at {value[:20]!r}")
            value = value.lstrip(" ")
        elif value.startswith(piece):
            value = value[len(piece) :]
        else:
            raise TimeError(f"{piece!r} is missing at {value[:20]!r}")
    return value


def _check_day(parsed: _Parsed) -> None:
    year = parsed.year
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    last = (29 if leap else 28) if parsed.month == 2 else (30 if parsed.month in {4, 6, 9, 11} else 31)
    if not 1 <= parsed.day <= last:
        raise TimeError(f"day {parsed.day} out of range")
