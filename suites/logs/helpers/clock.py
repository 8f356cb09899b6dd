"""Why a timestamp lies where it lies: the usual mistakes recognised, from zone to unit."""

from typing import NamedTuple

from stack.records.logs.time_stamps import NS

_QUARTER = 15 * 60
_MAX_ZONE = 14 * 3600
_UNITS = (
    (1000, "milliseconds where seconds are due"),
    (1_000_000, "microseconds where seconds are due"),
    (NS, "nanoseconds where seconds are due"),
)


class Window(NamedTuple):
    """Between which moments lines were written, in nanoseconds since the epoch, widened by the tolerance."""

    start: int
    end: int

    def contains(self, ns: int) -> bool:
        """Whether a moment lies in the window."""
        return self.start <= ns <= self.end


class Deviation(NamedTuple):
    """How a timestamp is wrong: `what` for the message (equal for lines with one cause) and the hint."""

    what: str
    hint: str


def deviation(ns: int, window: Window, *, number: bool) -> Deviation | None:
    """How the moment `ns` lies outside `window`, or `None` where it does not.

    `number` means that the timestamp is a number, so that its unit may be mistaken but not its zone.
    """
    if window.contains(ns):
        return None
    for factor, unit in _UNITS:
        if number and window.contains(ns // factor):
            return Deviation(
                unit, "divide by the unit: the format's number is seconds since the epoch, with a fraction"
            )
    if abs(ns) < 366 * 86400 * NS:
        return Deviation("a moment of 1970: the clock was not set, or zero was written", "write the time of the event")
    zone = _zone(ns, window)
    if zone is not None:
        return Deviation(
            f"off by exactly {zone}: local time written as if it were UTC",
            "write UTC with `Z`, or the offset that belongs to the local time",
        )
    late = ns > window.end
    gap = (ns - window.end if late else window.start - ns) / NS
    return Deviation(
        f"{_about(gap)} {'after' if late else 'before'} the lines were written",
        "take the time when the event happens, and set the host's clock by NTP",
    )


def _zone(ns: int, window: Window) -> str | None:
    """The offset of a time zone that explains the distance, such as `2 h` or `-5 h 30 min`."""
    middle = (window.start + window.end) // 2
    offset = round((ns - middle) / NS / _QUARTER) * _QUARTER
    if not (_QUARTER <= abs(offset) <= _MAX_ZONE) or not window.contains(ns - offset * NS):
        return None
    hours, minutes = divmod(abs(offset) // 60, 60)
    parts = [f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0)
    return ("-" if offset < 0 else "") + " ".join(parts)


def _about(seconds: float) -> str:
    """A span in the coarsest fitting unit, so that lines with one cause share one message."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count:,} {unit}{'s' if count > 1 else ''}"
    return f"{max(1, int(seconds))} s"
