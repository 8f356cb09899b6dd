"""Pairs emitted lines with stored entries and counts both: what is lost, stored too often, or folded into one.

Loki keeps one of several entries that are alike in stream, time and text, so that equal lines are told apart by their
times alone. A line without a time of its own is stored one nanosecond after its predecessor (Promtail's and Alloy's
`action_on_failure: fudge`).

Source: https://grafana.com/docs/loki/latest/configure/#limits_config (`increment_duplicate_timestamp`)
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from stack.records.logs.entry import EmittedLine, LabelSet, LogEntry
from stack.records.logs.time_stamps import NS

CLOSE_NS = 1_000
"""Times closer than this are one: a float of seconds since 1970 is no more exact than 0.24 microseconds."""

SHORTEST_PART = 8
"""A shorter text is found in many others by chance."""


_WITHIN = re.compile(r"(?:(?<=[A-Za-z_])\.[0-9]{1,3}|[.-][0-9]{4}-?[0-9]{2}-?[0-9]{2}[0-9T:._-]*)(?=\.log\Z)")
_BEHIND = re.compile(r"\.[0-9][0-9T:._-]*\Z")


@lru_cache
def log_of(file: str) -> str:
    """The file that a rotated one was: `a.log` for `a.log.1`, `a.1.log` and `a-2026-11-24.log`."""
    return _WITHIN.sub("", _BEHIND.sub("", file))


class Place(NamedTuple):
    """Where a line belongs: its log, whatever the rotation, and its time there; None where only the agent knows it.

    `coarse`: the time does not tell it from an equal line. It is False for a line that was written twice, time and
    all, which `logs/no-repeated-lines` reports.
    """

    log: str
    time_ns: int | None
    coarse: bool


@dataclass(frozen=True, slots=True)
class Match:
    """What became of all lines of one text.

    `entries` have the very text, in as many streams as the lines have logs; `copies` are those in further streams;
    `altered` are entries that lines became, if their text was changed on the way. `lost` lines should be in the store
    and are not; `folded` ones were dropped as equal to another in stream, time and text.
    """

    lines: tuple[EmittedLine, ...]
    entries: tuple[LogEntry, ...]
    copies: tuple[LogEntry, ...] = ()
    altered: tuple[LogEntry, ...] = ()
    lost: tuple[EmittedLine, ...] = ()
    folded: tuple[EmittedLine, ...] = ()
    most: int = 1

    @property
    def line(self) -> EmittedLine:
        """The first of the lines."""
        return self.lines[0]

    @property
    def best(self) -> LogEntry | None:
        """The entry to judge: the one closest to the line's own time, so that a further copy is no second fault."""
        own = self.line.time_ns
        if own is not None and self.entries:
            return min(self.entries, key=lambda entry: abs(entry.timestamp_ns - own))
        return next(iter((*self.entries, *self.altered)), None)

    @property
    def found(self) -> int:
        """How often the text was found."""
        return len(self.entries) + len(self.copies)

    @property
    def repeated(self) -> bool:
        """Whether the text was found more often than it was written."""
        return bool(self.copies) or len(self.entries) > self.most


def pair(
    lines: Sequence[EmittedLine], entries: Iterable[LogEntry], expected: Callable[[LabelSet], bool]
) -> tuple[Match, ...]:
    """Pair lines and entries by text; `expected` is whether a stream has the labels that are declared."""
    by_text: dict[str, list[LogEntry]] = defaultdict(list)
    for entry in entries:
        by_text[entry.line].append(entry)
    same: dict[str, list[tuple[EmittedLine, Place]]] = defaultdict(list)
    for line, place in zip(lines, _places(lines), strict=True):
        same[line.text].append((line, place))
    shift_ns = _shift(same, by_text)
    matches = [_match(written, by_text.pop(text, []), expected, shift_ns) for text, written in same.items()]
    strays = [entry for left in by_text.values() for entry in left]
    return tuple(_with_altered(match, strays) if match.lost else match for match in matches)


def _places(lines: Sequence[EmittedLine]) -> list[Place]:
    """Where each line belongs; lines are in the order of their files."""
    places, written = [], set()
    before: dict[str, Place] = {}
    for line in lines:
        log = log_of(line.file or "")
        last = before.get(log)
        if line.time_ns is not None:
            key = (log, line.text)
            place = Place(log, line.time_ns, coarse=line.time_ns % NS == 0 or key not in written)
            written.add(key)
        elif last is None or last.time_ns is None:
            place = Place(log, None, coarse=True)
        else:
            place = Place(log, last.time_ns + 1, last.coarse)
        before[log] = place
        places.append(place)
    return places


def _shift(same: Mapping[str, Sequence[tuple[EmittedLine, Place]]], by_text: Mapping[str, Sequence[LogEntry]]) -> int:
    """By how much the agent shifts all times alike, in nanoseconds, as with a wrong zone; 0 where it does not."""
    shifts = [
        entry.timestamp_ns - line.time_ns
        for text, ((line, _), *_) in same.items()
        for entry in by_text.get(text, ())[:1]
        if line.time_ns is not None
    ]
    return shifts[0] if len(shifts) > 1 and max(shifts) - min(shifts) < CLOSE_NS else 0


def _match(
    written: Sequence[tuple[EmittedLine, Place]],
    found: Sequence[LogEntry],
    expected: Callable[[LabelSet], bool],
    shift_ns: int,
) -> Match:
    lines = tuple(line for line, _ in written)
    entries, copies = _own(found, len({place.log for _, place in written}), expected)
    if len(lines) == 1:
        return Match(lines, entries, copies, lost=() if entries else lines)
    places: dict[object, EmittedLine] = {}
    for line, place in written:
        places.setdefault(line if place.time_ns is None else (place.log, place.time_ns), line)
    times = [place.time_ns + shift_ns for _, place in written if place.time_ns is not None]
    stored_there = any(abs(entry.timestamp_ns - time) < CLOSE_NS for entry in entries for time in times)
    # Where the agent gives lines other times than their own, the store has no reason to fold them.
    kept = tuple(places.values()) if stored_there else lines
    number = len(entries)
    keeps = set(kept)
    others = [line for line, place in written if line not in keeps and place.coarse]
    return Match(
        lines,
        entries,
        copies,
        lost=kept[number:],
        folded=tuple(others[max(0, number - len(kept)) :]),
        most=len(kept) if lines[0].time_ns is not None else len(lines),
    )


def _own(
    found: Sequence[LogEntry], logs: int, expected: Callable[[LabelSet], bool]
) -> tuple[tuple[LogEntry, ...], tuple[LogEntry, ...]]:
    """Divide entries into those of the lines' own streams, one for each log, and those in further streams."""
    counts = Counter(entry.labels for entry in found)
    if len(counts) <= logs:
        return tuple(found), ()
    own = set(sorted(counts, key=lambda labels: (not expected(labels), -counts[labels]))[:logs])
    return tuple(one for one in found if one.labels in own), tuple(one for one in found if one.labels not in own)


def _with_altered(match: Match, strays: list[LogEntry]) -> Match:
    """Find what lines that are not there as they were became, among the entries that no line accounts for."""
    altered = []
    for line in match.lost:
        became = next((entry for entry in strays if _became(line, entry)), None)
        if became is None:
            break
        strays.remove(became)
        altered.append(became)
    return replace(match, altered=tuple(altered), lost=match.lost[len(altered) :])


def _became(line: EmittedLine, entry: LogEntry) -> bool:
    """Whether an entry with another text is still this line: it has its very time, or one contains the other.

    The agents' stage `pack` puts the line as text into a JSON object.
    """
    if line.time_ns is not None and abs(entry.timestamp_ns - line.time_ns) < CLOSE_NS:
        return True
    shorter, longer = sorted((line.text, entry.line), key=len)
    if len(shorter) < SHORTEST_PART:
        return False
    return shorter in longer or (is_packed(entry) and json.dumps(line.text, ensure_ascii=False) in entry.line)


def is_packed(entry: LogEntry) -> bool:
    """Whether the agent's stage `pack` made an entry."""
    return entry.line.startswith("{") and '"_entry":' in entry.line
