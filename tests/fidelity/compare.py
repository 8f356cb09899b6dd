"""Comparison of what two log stores hold."""

from __future__ import annotations

from collections import Counter

from stack.records.logs.entry import LogEntry, show_labels

READ_NOW = -1
"""Stands for the time at which an agent read a line that named no time of its own; it differs between two agents."""


def window(start: float) -> tuple[int, int]:
    """Return the query window of a corpus that starts at `start` (seconds since 1970), in nanoseconds."""
    return int((start - 8 * 86400) * 1e9), int((start + 2 * 86400) * 1e9)


def differences(real: list[LogEntry], simulated: list[LogEntry], start: float, shown: int = 12) -> list[str]:
    """Return what one side has and the other has not, `shown` of each at most; times within the test are equal."""
    limit = int((start + 1500) * 1e9)
    there, here = Counter(_key(entry, limit) for entry in real), Counter(_key(entry, limit) for entry in simulated)
    only_real = [f"real only: {key}" for key in (there - here).elements()]
    only_simulated = [f"simulated only: {key}" for key in (here - there).elements()]
    return sorted(only_real)[:shown] + sorted(only_simulated)[:shown]


def _key(entry: LogEntry, limit: int) -> str:
    at = entry.timestamp_ns if entry.timestamp_ns < limit else READ_NOW
    line = entry.line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    shown = line if len(line) < 200 else f"{line[:100]}…{len(line)} characters…{line[-20:]}"
    return f"{show_labels(entry.labels)} {at} {show_labels(entry.metadata)} {shown!r}"
