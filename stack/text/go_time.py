"""Times in the layouts of Go, which the agents' `timestamp` stage and `logs.format` of a `service.yaml` use.

Source: https://pkg.go.dev/time#pkg-constants
"""

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import NamedTuple

RFC3339 = "2006-01-02T15:04:05Z07:00"
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905  # reads better
_OFFSET = "(?P<sign>[+-])(?P<off_hour>[0-9]{2})"
_ELEMENTS = {
    "2006": "(?P<year>[0-9]{4})",
    "Jan": f"(?P<name>{'|'.join(_MONTHS)})",
    "01": "(?P<month>[0-9]{2})",
    "02": "(?P<day>[0-9]{2})",
    "15": "(?P<hour>[0-9]{1,2})",
    "04": "(?P<minute>[0-9]{2})",
    "05": "(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?",  # Go takes a fraction that the layout does not have
    "Z07:00": f"(?:Z|{_OFFSET}:(?P<off_minute>[0-9]{{2}}))",
    "Z0700": f"(?:Z|{_OFFSET}(?P<off_minute>[0-9]{{2}}))",
    "-07:00": f"{_OFFSET}:(?P<off_minute>[0-9]{{2}})",
    "-0700": f"{_OFFSET}(?P<off_minute>[0-9]{{2}})",
}
_LAYOUT = re.compile(f"({'|'.join(_ELEMENTS)})")
_NEEDED = (("01", "Jan"), ("02",), ("15",), ("04",), ("05",))
_MOST = {"hour": 23, "minute": 59, "second": 59, "off_hour": 24, "off_minute": 60}
_EPOCH = date(1970, 1, 1).toordinal()
_DAYS_IN_400_YEARS = 146097


class TimeError(ValueError):
    """The value does not fit the layout."""


class LayoutError(ValueError):
    """The layout has a part that is not known here, or lacks one; the text says which."""


class GoTime(NamedTuple):
    """Nanoseconds since 1970, in UTC where the layout has no zone, and of `now`'s year where it has none."""

    ns: int
    zoned: bool


Parser = Callable[[str, float], GoTime]
"""From a text, and the time now in seconds since 1970, to a time; raises `TimeError`."""


@cache
def parser(layout: str) -> Parser:
    """Make the parser of a layout; raises `LayoutError`."""
    pieces = _LAYOUT.split(re.sub(r"(?<=05)[.,][09]+", "", layout))
    elements, between = pieces[1::2], "".join(pieces[::2])
    for alternatives in _NEEDED:
        if not set(alternatives) & set(elements):
            raise LayoutError(f"the layout has no `{alternatives[0]}`")
    if len(set(elements)) < len(elements) or re.search(r"[0-9A-SU-Za-z]", between):  # `T` alone stands for itself
        raise LayoutError("the layout has an element twice, or one that is not read here")
    # A space of a layout matches any number of them.
    pattern = re.compile("".join(_ELEMENTS.get(piece, re.escape(piece).replace("\\ ", " +")) for piece in pieces))
    return lambda value, now: _time(pattern.fullmatch(value), value, now)


def _time(match: re.Match[str] | None, value: str, now: float) -> GoTime:
    if match is None:
        raise TimeError(f"{value[:40]!r} does not fit the layout")
    text = match.groupdict()
    part = {name: int(digits or 0) for name, digits in text.items() if name not in {"sign", "fraction", "name"}}
    if any(part.get(name, 0) > most for name, most in _MOST.items()):
        raise TimeError(f"a part of {value[:40]!r} is out of range")
    month = part["month"] if "month" in part else _MONTHS.index(text["name"]) + 1
    year = part["year"] if "year" in part else _year(month, now)
    # Year 0 exists in Go's calendar, not in Python's; the calendar repeats after 400 years.
    shift = _DAYS_IN_400_YEARS if year == 0 else 0
    try:
        days = date(year or 400, month, part["day"]).toordinal() - _EPOCH - shift
    except ValueError as wrong:
        raise TimeError(f"{value[:40]!r}: {wrong}") from None
    offset = (part.get("off_hour", 0) * 60 + part.get("off_minute", 0)) * (-60 if text.get("sign") == "-" else 60)
    seconds = days * 86400 + part["hour"] * 3600 + part["minute"] * 60 + part["second"] - offset
    return GoTime(
        seconds * 1_000_000_000 + int((text["fraction"] or "")[:9].ljust(9, "0")), zoned="off_hour" in match.groupdict()
    )


def _year(month: int, now: float) -> int:
    """The year of a time without one: this year, or its neighbour around New Year's Eve, as in the agents."""
    today = date.fromordinal(_EPOCH + int(now // 86400))
    return today.year + {(12, 1): -1, (1, 12): 1}.get((month, today.month), 0)
