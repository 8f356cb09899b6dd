"""The times that a `timestamp` stage reads: `Unix`, `RFC3339Nano`, and Go layouts of date, time and offset.

Source: https://grafana.com/docs/loki/latest/send-data/promtail/stages/timestamp/
"""

import math
import re
import time
from collections.abc import Callable

from stack.embedded.refusal import NotSimulated
from stack.text import go_time
from stack.text.go_time import TimeError

Parser = Callable[[str], int]
"""From the text of a time to nanoseconds since 1970; raises `TimeError`."""

_INTEGER = re.compile(r"[+-]?[0-9]+")


def parser(format_: str, where: str) -> Parser:
    """Make the parser of one format; raises `NotSimulated` for one that is not known here."""
    if format_ == "Unix":
        return _unix
    if re.search("[.,][09]", format_):
        raise NotSimulated(f"{where}: the time format `{format_}`: digits of a fraction")
    if "MST" in format_:
        raise NotSimulated(f"{where}: the time format `{format_}`: what a zone's abbreviation means on the host")
    try:
        parse = go_time.parser(go_time.RFC3339 if format_ == "RFC3339Nano" else format_)
    except go_time.LayoutError as unknown:
        raise NotSimulated(f"{where}: the time format `{format_}`: {unknown}") from None
    return lambda value: parse(value, time.time()).ns


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
