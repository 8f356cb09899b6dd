"""What the log rules share: the lines to judge, counting by cause, and quoting lines without their secrets."""

from collections.abc import Callable, Hashable, Iterator
from datetime import UTC, datetime
from typing import Generic, NamedTuple, TypeVar

import orjson

from stack.records.logs.format import LogRecord
from stack.records.logs.line import LogLine
from stack.records.logs.stream import LogStream
from stack.text.secrets import mask
from suites.core.finding import Finding, Where
from suites.core.rule import NotApplicable

MAX_FINDINGS = 20
"""Findings of one rule on one stream; the rest is counted in a last one."""

EXCERPT_LENGTH = 200
"""Characters of a line in a finding."""

K = TypeVar("K", bound=Hashable)


class Read(NamedTuple):
    """A line that is one JSON object, with its record."""

    line: LogLine
    record: LogRecord


def lines_of(stream: LogStream) -> tuple[LogLine, ...]:
    """The lines of a stream; `NotApplicable` where it has none, so that no rule passes on an empty log."""
    if not stream.lines:
        raise NotApplicable(f"there is no line to judge: {stream.missing or 'the log is empty'}")
    return stream.lines


def records_of(stream: LogStream) -> list[Read]:
    """The lines that are one JSON object; `NotApplicable` where none does."""
    lines_of(stream)
    read = stream.derived(_records)
    if not read:
        raise NotApplicable(
            "no line is a JSON object: `logs/one-json-object-per-line` and `logs/no-plain-text-lines` report why"
        )
    return read


def _records(stream: LogStream) -> list[Read]:
    return [Read(line, line.record) for line in stream.lines if line.record is not None]


def errors_of(stream: LogStream) -> list[Read]:
    """The lines at level error or above; `NotApplicable` where there is none."""
    found = [read for read in records_of(stream) if read.record.is_error]
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


class Tally(Generic[K]):
    """Counts lines by what is wrong with them, so that one cause is one finding however many lines show it."""

    def __init__(self) -> None:
        self._seen: dict[K, Seen] = {}

    def add(self, cause: K, line: LogLine, lines: int = 1) -> None:
        """Count `line`, the first of `lines` that belong together, under `cause`."""
        known = self._seen.get(cause)
        self._seen[cause] = Seen(lines, line) if known is None else Seen(known.times + lines, known.first)

    def __len__(self) -> int:
        """The number of causes."""
        return len(self._seen)

    def findings(self, make: Callable[[K, Seen], Finding]) -> Iterator[Finding]:
        """One finding per cause, made by `make`; beyond `MAX_FINDINGS` a last one that counts the rest."""
        for number, (cause, seen) in enumerate(self._seen.items()):
            if number == MAX_FINDINGS:
                rest = list(self._seen.values())[MAX_FINDINGS:]
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


def quoted(value: object, limit: int = 60) -> str:
    """A value from a log as messages quote it: in backticks, without secrets, shortened."""
    return f"`{excerpt(value if isinstance(value, str) else as_json(value), limit)}`"


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
