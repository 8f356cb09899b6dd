"""Comparison of what two log stores hold, with times and paths that do not depend on when and where it was."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.records.logs.entry import LogEntry, show_labels

READ_NOW = -1
"""The time at which an agent read a line that named no time of its own; it differs between two agents."""

LONG = 200

Stored = Mapping[str, Sequence[tuple[int, str, str]]]
"""By label set: the time after the start in nanoseconds, the metadata and the line of everything that was stored."""


def window(start: float) -> tuple[int, int]:
    """Return the query window of a corpus that starts at `start` (seconds since 1970), in nanoseconds."""
    return int((start - 8 * 86400) * 1e9), int((start + 2 * 86400) * 1e9)


def grouped(entries: Sequence[LogEntry], start: float, folder: Path) -> dict[str, list[tuple[int, str, str]]]:
    """What was stored, by label set, in a fixed order; long lines by their ends and a checksum."""
    first, limit = int(start * 1e9), int((start + 1500) * 1e9)
    found: dict[str, list[tuple[int, str, str]]] = {}
    for entry in entries:
        labels = show_labels(entry.labels).replace(str(folder), "<folder>")
        at = entry.timestamp_ns - first if entry.timestamp_ns < limit else READ_NOW
        found.setdefault(labels, []).append((at, show_labels(entry.metadata), _shortened(entry.line)))
    return {labels: sorted(rows) for labels, rows in found.items()}


def _shortened(text: str) -> str:
    line = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if len(line) < LONG:
        return line
    checksum = hashlib.sha256(line.encode()).hexdigest()[:16]
    return f"{line[:60]}…{len(line)} characters, {checksum}…{line[-20:]}"


def differences(real: Stored, simulated: Stored, shown: int = 12) -> list[str]:
    """Return what one side has and the other has not, `shown` of each at most."""
    there, here = _counted(real), _counted(simulated)
    only_real = [f"real only: {key}" for key in (there - here).elements()]
    only_simulated = [f"simulated only: {key}" for key in (here - there).elements()]
    return sorted(only_real)[:shown] + sorted(only_simulated)[:shown]


def _counted(stored: Stored) -> Counter[str]:
    return Counter(f"{labels} {at} {ids} {line!r}" for labels, rows in stored.items() for at, ids, line in rows)
