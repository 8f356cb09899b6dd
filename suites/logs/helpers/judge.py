"""What the log rules share: the lines to judge, counting by cause, and quoting lines without their secrets."""

import contextlib
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

import orjson

from stack.records.logs.format import LogRecord
from stack.records.logs.line import LogLine
from stack.records.logs.stream import LogStream
from stack.records.logs.text_lines import keys_of
from stack.text.secrets import mask
from suites.core.finding import Finding, Where
from suites.core.rule import NotApplicable

MAX_FINDINGS = 20
"""Findings of one rule on one stream; the rest is counted in a last one."""

EXCERPT_LENGTH, QUOTED_LENGTH = 200, 60
"""Characters of a line in a finding, and of a value in its message."""

NO_TIME = "no line has a time that can be read, see `logs/timestamp-parses`"

_NUMBERED = re.compile(r"[A-Za-z_-]*[0-9][A-Za-z0-9_-]*")

K = TypeVar("K", bound=Hashable)


class Read(NamedTuple):
    """A line with fields, and its record."""

    line: LogLine
    record: LogRecord


def lines_of(stream: LogStream) -> tuple[LogLine, ...]:
    """The lines of a stream; `NotApplicable` where it has none, so that no rule passes on an empty log."""
    if not stream.lines:
        raise NotApplicable(f"there is no line to judge: {stream.missing or 'the log is empty'}")
    return stream.lines


def require(stream: LogStream, *parts: str) -> None:
    """Raise `NotApplicable` where the declared format has no fields, or none for one of `parts` (of `LogFormat`)."""
    form = stream.format
    if form is not None and form.lines == "text":
        raise NotApplicable("the lines are declared as plain text, without fields (`format: none`)")
    for part in parts:
        if form is not None and not getattr(form, part):
            raise NotApplicable(f"lines of format `{form.name}` have no {part.replace('_', ' ')}")


def syntax_of(stream: LogStream) -> str:
    """What lines are to be in, as messages name it: JSON, logfmt or klog."""
    return stream.format.lines if stream.format and stream.format.lines != "json" else "JSON"


def records_of(stream: LogStream, *parts: str) -> Iterator[tuple[LogLine, LogRecord]]:
    """The lines with fields; `NotApplicable` where there is none, or where the format has none of `parts`."""
    lines_of(stream)
    require(stream, *parts)
    read = stream.derived(_records)
    if not read:
        raise NotApplicable(
            f"no line is {'a JSON object' if syntax_of(stream) == 'JSON' else syntax_of(stream)}: "
            "`logs/one-json-object-per-line` and `logs/no-plain-text-lines` report why"
        )
    return ((line, line.record) for line in read if line.record is not None)


def objects_of(stream: LogStream) -> Iterator[tuple[LogLine, LogRecord]]:
    """The lines that are JSON objects; `NotApplicable` where there is none."""
    if syntax_of(stream) != "JSON":
        raise NotApplicable("the lines are declared to be no JSON")
    return records_of(stream)


def _records(stream: LogStream) -> list[LogLine]:
    return [line for line in stream.lines if line.record is not None]


def repeated(line: LogLine, keys: Collection[str] = ()) -> set[str]:
    """The keys that a line has more than once in one object; of `keys` alone, where some are given."""
    found: set[str] = set()

    def pairs(items: list[tuple[str, Any]]) -> None:
        found.update(key for key, count in Counter(key for key, _ in items).items() if count > 1)

    if line.raw.lstrip().startswith(b"{"):
        with contextlib.suppress(RecursionError):  # what was found before that depth is reported
            json.loads(line.raw, object_pairs_hook=pairs)
    else:
        pairs([(key, None) for key in keys_of(line.text)])
    return found.intersection(keys) if keys else found


def unknown_level(stream: LogStream, record: LogRecord) -> bool:
    """Whether `logs/level-allowed` reports a level; `logs/matches-schema` has those of another type than declared."""
    if record.level is not None or record.level_text is None:
        return False
    form = stream.format
    if form is not None and form.time and "time" not in form.optional and record.time is None:
        return False  # a line without the format's time may be none of the format
    return form is None or type(record.level_text) in (str, int, float)


def unread_time(stream: LogStream, record: LogRecord) -> bool:
    """Whether `logs/timestamp-parses` reports a time; `logs/matches-schema` has those of another type than declared."""
    if record.time_ns is not None or record.time is None:
        return False
    return stream.format is None or type(record.time) in (str, int, float)


def once(line: LogLine, keys: Collection[str]) -> str:
    """What a hint says of a value that is not known, where its key is there again: readers take the last one."""
    again = sorted(repeated(line, keys))
    return f"bind {quoted(again[0])} once, a line has it twice; or " if again else ""


def errors_of(stream: LogStream) -> list[Read]:
    """The lines at level error or above; `NotApplicable` where there is none."""
    found = [Read(line, record) for line, record in records_of(stream, "level") if record.is_error]
    if not found:
        raise NotApplicable("no line at level error or above was seen")
    return found


class Seen(NamedTuple):
    """How often one cause was seen, and the first line that shows it."""

    times: int
    first: LogLine

    def __str__(self) -> str:
        """For messages, in parentheses: `line 4`, or `3 lines, first line 4`."""
        return (
            f"line {self.first.number}" if self.times == 1 else f"{self.times:,} lines, first line {self.first.number}"
        )


def shape(cause: object) -> object:
    """What is equal for causes that differ in ids and numbers only; texts within a tuple are treated alike."""
    if isinstance(cause, tuple):
        return tuple(map(shape, cause))
    return _NUMBERED.sub("0", cause) if isinstance(cause, str) else cause


class Tally(Generic[K]):
    """Counts lines by what is wrong with them, so that one cause is one finding however many lines show it.

    Causes that differ in ids only are one, named by the first, unless they are `exact`.
    """

    def __init__(self, *, exact: bool = False) -> None:
        self._seen: dict[object, tuple[K, Seen]] = {}
        self._shape: Callable[[K], object] = (lambda cause: cause) if exact else lru_cache(1024)(shape)

    def add(self, cause: K, line: LogLine, lines: int = 1) -> None:
        """Count `line`, the first of `lines` that belong together, under `cause`."""
        key = self._shape(cause)
        first, known = self._seen.get(key, (cause, Seen(0, line)))
        self._seen[key] = first, Seen(known.times + lines, known.first)

    def __len__(self) -> int:
        """The number of causes."""
        return len(self._seen)

    def findings(self, make: Callable[[K, Seen], Finding]) -> Iterator[Finding]:
        """One finding per cause, made by `make`; beyond `MAX_FINDINGS` a last one that counts the rest."""
        for number, (cause, seen) in enumerate(self._seen.values()):
            if number == MAX_FINDINGS:
                rest = [seen for _, seen in self._seen.values()][MAX_FINDINGS:]
                lines = sum(seen.times for seen in rest)
                yield Finding(f"… and {len(rest):,} further causes in {lines:,} lines", where(rest[0].first))
                return
            yield make(cause, seen)


def where(line: LogLine) -> Where:
    """The place of a line, with the line itself: masked, shortened, control characters escaped."""
    return Where(file=line.file, line=line.number, excerpt=excerpt(line.text))


def excerpt(text: str, limit: int = EXCERPT_LENGTH) -> str:
    """Text from a log as findings quote it: without secrets, cut to `limit`, on one line."""
    masked = mask(text[: 64 * limit])
    cut = masked if len(masked) <= limit else f"{masked[: limit - 1]}…"
    return cut if cut.isprintable() else "".join(sign if sign.isprintable() else _escaped(sign) for sign in cut)


def quoted(value: object) -> str:
    """A value from a log as messages quote it: in backticks, without secrets, shortened."""
    return f"`{excerpt(value if isinstance(value, str) else as_json(value), QUOTED_LENGTH)}`"


def as_json(value: object) -> str:
    """A value as JSON, as in the line but for blanks."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # nested deeper than orjson writes, though not than it reads
        return "a deeply nested value"


def _escaped(sign: str) -> str:
    return repr(sign)[1:-1] if sign != "�" else sign


def moment(ns: int) -> str:
    """A moment as messages write it: RFC 3339 to the millisecond; nanoseconds where no calendar reaches."""
    try:
        read = datetime.fromtimestamp(ns // 1_000_000 / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return f"{ns} ns"
    return read.isoformat(timespec="milliseconds").replace("+00:00", "Z")
