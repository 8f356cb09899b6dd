"""Why a timestamp lies where it lies: the usual mistakes recognised, from zone to unit."""

import re
from typing import NamedTuple

from stack.records.logs.time_stamps import NS, UNIT_NAMES, Window, is_number

_ZONES = frozenset(
    round(hours * 3600)
    for hours in (
        *range(-12, 15),
        *(-9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75, 13.75),
    )
    if hours
)
"""The offsets from UTC, in seconds, that zones have today, in summer or winter (https://www.iana.org/time-zones)."""
_YEAR_2000 = 946_684_800
"""Logs are not older: what seems so has another unit, or its clock was not set."""
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})\Z")


class Deviation(NamedTuple):
    """How a timestamp is wrong: `what` for the message, the hint, and what lines with the same cause have equal."""

    what: str
    hint: str
    cause: str


def deviation(ns: int, window: Window, time: object, unit_ns: int = NS) -> Deviation | None:
    """How the moment `ns` lies outside `window`, or `None` where it does not.

    `time` is the timestamp as it was written: a number may be of another unit than `unit_ns`, text of another zone.
    """
    if window.contains(ns):
        return None
    text = time if isinstance(time, str) and not is_number(time) else None
    zone = None if text is None else _zone(ns, window, text)
    return _unit_or_zero(ns, window, text, unit_ns) or zone or _distance(ns, window, text)


def impossible(ns: int, read_ns: int, time: object, unit_ns: int = NS) -> Deviation | None:
    """How the moment `ns` cannot be that of a line which was read at `read_ns`, however old the log is."""
    window = Window(_YEAR_2000 * NS, read_ns)
    if window.contains(ns):
        return None
    text = time if isinstance(time, str) and not is_number(time) else None
    wrong = _unit_or_zero(ns, window, text, unit_ns)
    if wrong or ns < read_ns:
        return wrong
    hint = "set the clocks of the host and of this machine by NTP, and write UTC with `Z`, or the offset of local time"
    return Deviation(f"{_about((ns - read_ns) / NS)} after the log was read", hint, "ahead")


def is_local_time(ns: int, window: Window) -> bool:
    """Whether a time without a zone is the local time of a zone other than UTC, so that nothing but its zone lacks."""
    return not window.contains(ns) and _difference(ns, window) is not None


def _unit_or_zero(ns: int, window: Window, text: str | None, unit_ns: int) -> Deviation | None:
    for other_ns, unit in UNIT_NAMES.items() if text is None else ():
        if window.contains(ns // unit_ns * other_ns):
            due = UNIT_NAMES[unit_ns]
            hint = f"write {due} since the epoch, or declare the unit: `time: {{keys: …, unit: …}}` under `logs.format`"
            return Deviation(f"{unit} where {due} are due", hint, unit)
    if abs(ns) < 366 * 86400 * NS:
        what = "a moment of 1970: the clock was not set, or zero was written"
        return Deviation(what, "write the time of the event", what)
    return None


def _zone(ns: int, window: Window, text: str) -> Deviation | None:
    """What is wrong with the zone of a timestamp, if that explains the distance."""
    found = _OFFSET.search(text)
    offset = (1 if found[1] == "+" else -1) * (int(found[2]) * 3600 + int(found[3]) * 60) if found else 0
    off = next((-times * offset for times in (1, 2) if window.contains(ns + times * offset * NS)), None)
    off = off or _difference(ns, window)
    if off is None:
        return None
    exactly = f"off by exactly {_hours(off)}"
    if found is None or not offset:
        what = f"{exactly}: local time written as if it were UTC"
        hint = "write UTC with `Z`, or the offset that belongs to the local time"
    elif off == -offset:
        what = f"{exactly}: UTC written under the offset `{found[0]}`"
        hint = "write `Z` behind a time in UTC, or convert it to local time before the offset is added"
    elif off == -2 * offset:
        what = f"{exactly}: the offset `{found[0]}` has the wrong sign"
        hint = "the offset is what local time is ahead of UTC: `+02:00` is east of Greenwich"
    elif offset + off in _ZONES or offset + off == 0:
        what = f"{exactly}: local time under an offset of another zone or season, `{found[0]}`"
        hint = "write UTC with `Z`, or the offset that the zone has at that time of the year"
    else:
        return None
    return Deviation(what, hint, what)


def _difference(ns: int, window: Window) -> int | None:
    """The seconds, as many as some zone is off UTC, by which the window would have to be moved to contain `ns`."""
    fitting = [offset for offset in _ZONES if window.contains(ns - offset * NS)]
    return fitting[0] if len(fitting) == 1 else None


def _hours(seconds: int) -> str:
    return f"{'-' * (seconds < 0)}{_span(abs(seconds))}"


def _distance(ns: int, window: Window, text: str | None) -> Deviation:
    late = ns > window.end
    gap = (ns - window.end if late else window.start - ns) / NS
    where = "after" if late else "before"
    hint = "take the time when the event happens, and set the host's clock by NTP"
    if text is None and _difference(ns, window) is not None:
        hint += (
            "; a number of seconds that is off by whole hours was computed from a local time as if it were UTC, as "
            "Python's `datetime.utcnow().timestamp()` does"
        )
    return Deviation(f"{_about(gap)} {where} the lines were written", hint, where)


def _about(seconds: float) -> str:
    """A span in the unit that fits it, rounded."""
    for size, unit in ((86400, "day"), (3600, ""), (60, "minute")):
        if seconds >= size * 0.95:
            count = max(1, round(seconds / size))
            return f"{count:,} {unit}{'s' if count > 1 else ''}" if unit else _span(round(seconds / 60) * 60)
    return f"{max(1, round(seconds))} s"


def _span(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return " ".join([f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0))
