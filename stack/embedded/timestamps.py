"""The times that a `timestamp` stage reads: `Unix`, `RFC3339Nano`, and Go layouts of date, time and offset.

Source: https://grafana.com/docs/loki/latest/send-data/promtail/stages/timestamp/, https://pkg.go.dev/time#pkg-constants
"""

import math
import re
from collections.abc import Callable
from datetime import date

from stack.embedded.refusal import NotSimulated

Parser = Callable[[str], int]
"""From the text of a time to nanoseconds since 1970; raises `TimeError`."""

_RFC3339 = "2006-01-02T15:04:05Z07:00"
_ELEMENTS = {
    "2006": "(?P<year>[0-9]{4})",
    "01": "(?P<month>[0-9]{2})",
    "02": "(?P<day>[0-9]{2})",
    "15": "(?P<hour>[0-9]{1,2})",
    "04": "(?P<minute>[0-9]{2})",
    "05": "(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?",  # Go takes a fraction that the layout does not have
    "Z07:00": "(?:Z|(?P<sign>[+-])(?P<off_hour>[0-9]{2}):(?P<off_minute>[0-9]{2}))",
    "Z0700": "(?:Z|(?P<sign>[+-])(?P<off_hour>[0-9]{2})(?P<off_minute>[0-9]{2}))",
}
_LAYOUT = re.compile(f"({'|'.join(_ELEMENTS)})")
_COMPLETE = [["01", "02", "04", "05", "15", "2006", zone] for zone in ("Z07:00", "Z0700")]
_INTEGER = re.compile(r"[+-]?[0-9]+")
_MOST = {"hour": 23, "minute": 59, "second": 59, "off_hour": 24, "off_minute": 60}
_EPOCH = date(1970, 1, 1).toordinal()
_DAYS_IN_400_YEARS = 146097


class TimeError(ValueError):
    """The value does not fit the format."""


def parser(format_: str, where: str) -> Parser:
    """Make the parser of one format; raises `NotSimulated` for one that is not known here."""
    if format_ == "Unix":
        return _unix
    pieces = _LAYOUT.split(_RFC3339 if format_ == "RFC3339Nano" else format_)
    elements, between = pieces[1::2], pieces[::2]
    if sorted(elements) not in _COMPLETE or set("".join(between)) - set("-T: "):
        raise NotSimulated(f"{where}: the time format `{format_}`")
    # A space of a layout matches any number of them.
    pattern = re.compile("".join(_ELEMENTS.get(piece, re.escape(piece).replace("\\ ", " +")) for piece in pieces))
    return lambda value: _nanoseconds(pattern.fullmatch(value), value)


def _nanoseconds(match: re.Match[str] | None, value: str) -> int:
    if match is None:
        raise TimeError(f"{value[:40]!r} does not fit the layout")
    part = {name: int(text or 0) for name, text in match.groupdict().items() if name not in {"sign", "fraction"}}
    if any(part[name] > most for name, most in _MOST.items()):
        raise TimeError(f"a part of {value[:40]!r} is out of range")
    # Year 0 exists in Go's calendar, not in Python's; the calendar repeats after 400 years.
    shift = _DAYS_IN_400_YEARS if part["year"] == 0 else 0
    try:
        days = date(part["year"] or 400, part["month"], part["day"]).toordinal() - _EPOCH - shift
    except ValueError as wrong:
        raise TimeError(f"{value[:40]!r}: {wrong}") from None
    offset = (part["off_hour"] * 60 + part["off_minute"]) * (-60 if match["sign"] == "-" else 60)
    seconds = days * 86400 + part["hour"] * 3600 + part["minute"] * 60 + part["second"] - offset
    return seconds * 1_000_000_000 + int((match["fraction"] or "")[:9].ljust(9, "0"))


def _unix(value: str) -> int:
    whole, dot, fraction = value.partition(".")
    if not dot or "." in fraction:
        return _int64(value) * 1_000_000_000
    # The fraction is read as a number of its own, so `-1.5` means half a second after -1, and `1.+5` is accepted.
    scaled = float(_int64(fraction)) * math.pow(10, 9 - len(fraction))
    return _int64(whole) * 1_000_000_000 + int(scaled)


def _int64(text: str) -> int:
    if not _INTEGER.fullmatch(text) or not -(2**63) <= int(text) < 2**63:
        raise TimeError(f"{text[:20]!r} is not a whole number of 64 bits")
    return int(text)
