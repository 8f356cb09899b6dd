"""The formats of Promtail's `timestamp` stage: names such as `RFC3339Nano` and `Unix`, or a layout in Go's notation.

Source: https://grafana.com/docs/loki/latest/send-data/promtail/stages/timestamp/
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from stack.embedded.go_time import Layout, TimeError, nanoseconds

Parser = Callable[[str], int]
"""From the text of a time to nanoseconds since 1970; raises `TimeError`."""

_NAMED = {
    "ANSIC": "Mon Jan _2 15:04:05 2006",
    "UnixDate": "Mon Jan _2 15:04:05 MST 2006",
    "RubyDate": "Mon Jan 02 15:04:05 -0700 2006",
    "RFC822": "02 Jan 06 15:04 MST",
    "RFC822Z": "02 Jan 06 15:04 -0700",
    "RFC850": "Monday, 02-Jan-06 15:04:05 MST",
    "RFC1123": "Mon, 02 Jan 2006 15:04:05 MST",
    "RFC1123Z": "Mon, 02 Jan 2006 15:04:05 -0700",
    "RFC3339": "2006-01-02T15:04:05Z07:00",
    "RFC3339Nano": "2006-01-02T15:04:05.999999999Z07:00",
}
_UNITS = {"UnixMs": 1_000_000, "UnixUs": 1_000, "UnixNs": 1}
_INTEGER = re.compile(r"[+-]?[0-9]+")


def parser(format_: str, zone: tzinfo | None, where: str) -> Parser:
    """Make the parser of one format; `zone` applies to layouts only, as in Promtail."""
    if format_ == "Unix":
        return _unix
    if format_ in _UNITS:
        return lambda value: _int64(value) * _UNITS[format_]
    if format_ in _NAMED:
        layout = Layout(_NAMED[format_], where)
        return lambda value: nanoseconds(layout.parse(value))
    custom = Layout(format_, where)
    if custom.has_year:
        return lambda value: nanoseconds(custom.parse(value), zone)
    return lambda value: _near_now(custom, value, zone)


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


def _near_now(layout: Layout, value: str, zone: tzinfo | None) -> int:
    """Give a time without a year the year that brings it close to now, across the turn of the year too."""
    parsed, now = layout.parse(value), datetime.now(UTC)
    turn = {(12, 1): -1, (1, 12): 1}.get((parsed.month, now.month), 0)
    return nanoseconds(parsed, zone, now.year + turn)
