"""The time range of a request: `since` a while ago, or from `start` to `end`."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query

from stack.console.problems import Problem

UNITS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9, "w": 7 * 86400 * 10**9}
LONGEST_NS = 31 * UNITS["d"]
_DURATION = re.compile(r"(?:\d{1,9}(?:ms|[smhdw]))+")
_PART = re.compile(r"(\d+)(ms|[smhdw])")


@dataclass(frozen=True)
class TimeRange:
    """From `start` to before `end`, in nanoseconds since 1970."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        """The length in seconds, at least one."""
        return max(1, (self.end - self.start) // 10**9)


def duration_ns(text: str) -> int:
    """Read `90s`, `1h30m`, `7d`.

    Raises:
        Problem: 422, it is no duration.

    """
    if not _DURATION.fullmatch(text):
        raise Problem(422, f"`{text[:40]}` is no duration such as 15m, 6h or 7d")
    return sum(int(number) * UNITS[unit] for number, unit in _PART.findall(text))


def time_ns(text: str) -> int:
    """Read nanoseconds since 1970, or RFC 3339 with an offset.

    Raises:
        Problem: 422, it is neither.

    """
    if text.isascii() and text.isdigit() and len(text) == 19:
        return int(text)
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        told = None
    if told is None or told.tzinfo is None:
        raise Problem(422, f"`{text[:40]}` is no time: 2026-05-01T12:00:00Z, or nanoseconds since 1970, 19 digits")
    since = told - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86400 + since.seconds) * 10**9 + since.microseconds * 1000


async def _range(
    since: Annotated[str, Query(description="a duration before `end`: 15m, 6h, 7d", max_length=40)] = "",
    start: Annotated[str, Query(description="RFC 3339 or nanoseconds", max_length=40)] = "",
    end: Annotated[str, Query(description="RFC 3339 or nanoseconds; now where it is left out", max_length=40)] = "",
) -> TimeRange:
    if since and start:
        raise Problem(422, "give `since` or `start`, not both")
    last = time_ns(end) if end else time.time_ns()
    first = time_ns(start) if start else last - duration_ns(since or "1h")
    if first >= last:
        raise Problem(422, "the range is empty: `start` is not before `end`")
    if last - first > LONGEST_NS:
        raise Problem(422, "the range is longer than 31 days")
    return TimeRange(first, last)


InRange = Annotated[TimeRange, Depends(_range)]
