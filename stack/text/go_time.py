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
_LONG_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_LONG_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_OFFSET = "(?P<sign>[+-])(?P<off_hour>[0-9]{2})"
_FRACTION = "(?:[.,](?P<fraction>[0-9]+))?"  # Go takes a fraction that the layout does not have
_ELEMENTS = {
    "2006": "(?P<year>[0-9]{4})",
    "January": f"(?P<name>(?i:{'|'.join(_LONG_MONTHS)}))",
    "Jan": f"(?P<name>(?i:{'|'.join(_MONTHS)}))",
    "Monday": f"(?P<weekday>(?i:{_LONG_DAYS}))",
    "Mon": "(?P<weekday>(?i:Mon|Tue|Wed|Thu|Fri|Sat|Sun))",
    "MST": "(?P<zone>UTC|GMT)",  # what another abbreviation means depends on where it is read
    "01": "(?P<month>[0-9]{2})",
    "02": "(?P<day>[0-9]{2})",
    "_2": "(?P<day> ?[0-9]{1,2})",
    "15": "(?P<hour>[0-9]{1,2})",
    "03": "(?P<half>[0-9]{2})",
    "04": "(?P<minute>[0-9]{2})",
    "05": f"(?P<second>[0-9]{{2}}){_FRACTION}",
    "06": "(?P<short>[0-9]{2})",
    "1": "(?P<month>[0-9]{1,2})",
    "2": "(?P<day>[0-9]{1,2})",
    "3": "(?P<half>[0-9]{1,2})",
    "4": "(?P<minute>[0-9]{1,2})",
    "5": f"(?P<second>[0-9]{{1,2}}){_FRACTION}",
    "PM": "(?P<noon>AM|PM)",
    "Z07:00": f"(?:Z|{_OFFSET}:(?P<off_minute>[0-9]{{2}}))",
    "Z0700": f"(?:Z|{_OFFSET}(?P<off_minute>[0-9]{{2}}))",
    "Z07": f"(?:Z|{_OFFSET})",
    "-07:00": f"{_OFFSET}:(?P<off_minute>[0-9]{{2}})",
    "-0700": f"{_OFFSET}(?P<off_minute>[0-9]{{2}})",
    "-07": _OFFSET,
}
_LAYOUT = re.compile(f"({'|'.join(_ELEMENTS)})")
_NEEDED = {"01": ("month", "name"), "02": ("day",), "15": ("hour", "half"), "04": ("minute",), "05": ("second",)}
_WORDS = frozenset({"sign", "fraction", "name", "weekday", "zone", "noon"})
_MOST = {"hour": 23, "half": 12, "minute": 59, "second": 59, "off_hour": 24, "off_minute": 60}
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
    pieces = _LAYOUT.split(re.sub(r"(?<=5)[.,][09]+", "", layout))
    between = "".join(pieces[::2])
    parts = re.findall(r"\?P<([a-z_]+)>", "".join(_ELEMENTS[element] for element in pieces[1::2]))
    for element, alternatives in _NEEDED.items():
        if not set(alternatives) & set(parts):
            raise LayoutError(f"the layout has no `{element}`")
    if len(set(parts)) < len(parts) or {"month", "name"} <= set(parts):
        raise LayoutError("the layout has an element twice")
    if unknown := re.search(r"\w*[0-9A-SU-Za-z]\w*", between):  # `T` alone stands for itself
        raise LayoutError(f"the layout has `{unknown[0]}`, which is no element that is read here")
    # A space of a layout matches any number of them.
    pattern = re.compile("".join(_ELEMENTS.get(piece, re.escape(piece).replace("\\ ", " +")) for piece in pieces))
    return lambda value, now: _time(pattern.fullmatch(value), value, now)


def _time(match: re.Match[str] | None, value: str, now: float) -> GoTime:
    if match is None:
        raise TimeError(f"{value[:40]!r} does not fit the layout")
    text = match.groupdict()
    part = {name: int(digits or 0) for name, digits in text.items() if name not in _WORDS}
    if any(part.get(name, 0) > most for name, most in _MOST.items()):
        raise TimeError(f"a part of {value[:40]!r} is out of range")
    month = part["month"] if "month" in part else _MONTHS.index(text["name"][:3].title()) + 1
    if "short" in part:
        year = part["short"] + (1900 if part["short"] >= 69 else 2000)  # as Go and POSIX divide the centuries
    else:
        year = part["year"] if "year" in part else _year(month, now)
    hour = part["hour"] if "hour" in part else part["half"]
    if "half" in part and text.get("noon"):
        hour = hour % 12 + 12 * (text["noon"] == "PM")
    # Year 0 exists in Go's calendar, not in Python's; the calendar repeats after 400 years.
    shift = _DAYS_IN_400_YEARS if year == 0 else 0
    try:
        days = date(year or 400, month, part["day"]).toordinal() - _EPOCH - shift
    except ValueError as wrong:
        raise TimeError(f"{value[:40]!r}: {wrong}") from None
    offset = (part.get("off_hour", 0) * 60 + part.get("off_minute", 0)) * (-60 if text.get("sign") == "-" else 60)
    seconds = days * 86400 + hour * 3600 + part["minute"] * 60 + part["second"] - offset
    ns = seconds * 1_000_000_000 + int((text["fraction"] or "")[:9].ljust(9, "0"))
    return GoTime(ns, zoned="off_hour" in text or "zone" in text)


def _year(month: int, now: float) -> int:
    """The year of a time without one: this year, or its neighbour around New Year's Eve, as in the agents."""
    today = date.fromordinal(_EPOCH + int(now // 86400))
    return today.year + {(12, 1): -1, (1, 12): 1}.get((month, today.month), 0)
