"""Reads log files of any size and content into lines, in bounded memory and without failing on their content.

A file that is still being written may end in half a line: with `growing=True` such a rest is counted, not judged,
because its second half may come; in a file that is no longer written it is a line like any other.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from stack.records.logs.line import RawLine, joined_lines
from stack.records.logs.matching import log_of

CHUNK = 1 << 20
"""Bytes read at a time."""

BUDGET = 64 << 20
"""Bytes read of one log at most; of a longer one the end is read, where the provoked lines are."""

MAX_LINES = 500_000
"""Lines kept of one log at most; of more the last are kept."""


class LogText(NamedTuple):
    """What was read of a log: its lines, the bytes of a half last line, and the bytes before what was read."""

    lines: tuple[RawLine, ...]
    half_line: int = 0
    unread_bytes: int = 0


def read_log(
    files: Sequence[Path], *, growing: bool = False, budget: int = BUDGET, max_lines: int = MAX_LINES
) -> LogText:
    """Read log files, oldest first, as one log; raises `OSError` for one that cannot be opened.

    Only the last `budget` bytes and `max_lines` lines are kept, beginning at a whole line; `unread_bytes` is how
    much lay before. Line numbers are those of each file, whatever was left out.
    """
    sizes = [path.stat().st_size for path in files]
    unread = max(0, sum(sizes) - budget)
    skip = unread
    lines: list[RawLine] = []
    for path, size in zip(files, sizes, strict=True):
        skipped = min(skip, size)
        skip -= skipped
        if skipped < size:
            for line in _file_lines(path, skipped):
                lines.append(line)
                if len(lines) >= 2 * max_lines:
                    unread += _drop(lines, max_lines)
    unread += _drop(lines, max_lines)
    half = 0
    if growing and lines and not lines[-1].ended:
        half = lines.pop().length
    return LogText(tuple(lines), half, unread)


def _drop(lines: list[RawLine], keep: int) -> int:
    """Forget all but the last `keep` lines; returns the bytes they took in the log."""
    dropped = lines[: max(0, len(lines) - keep)]
    del lines[: len(dropped)]
    return sum(line.length + 1 for line in dropped)


def _file_lines(path: Path, skip: int) -> Iterator[RawLine]:
    with path.open("rb") as file:
        first = 1
        if skip:
            first, whole = _skip(file, skip)
            if not whole:
                first += 1
                _to_line_end(file)
        yield from joined_lines(iter(lambda: file.read(CHUNK), b""), str(path), first)


def _skip(file: BinaryIO, skip: int) -> tuple[int, bool]:
    """Pass over `skip` bytes; returns the number of the line there and whether it begins there."""
    number, last = 1, b"\n"
    while skip > 0 and (chunk := file.read(min(CHUNK, skip))):
        number += chunk.count(b"\n")
        skip -= len(chunk)
        last = chunk[-1:]
    return number, last == b"\n"


def _to_line_end(file: BinaryIO) -> None:
    while (piece := file.readline(CHUNK)) and not piece.endswith(b"\n"):
        pass


_NUMBERED = re.compile(r"\.([0-9]+)(?:\.log)?\Z")


def rotated(path: Path) -> list[Path]:
    """The files of one log, oldest first: `app.log.2`, `app.log.1`, `app.log`.

    Also `app.log.2026-11-24`, `app.1.log` and `app-2026-11-24.log`. Compressed ones are left out: what was provoked a
    moment ago is not in them.
    """
    if not path.parent.is_dir():
        return []
    older = [
        other
        for other in path.parent.glob(f"{_literal(path.stem)}[.-]*")
        if (other.name.startswith(f"{path.name}.") or (other.name != path.name and log_of(str(other)) == str(path)))
        and other.is_file()
        and other.suffix not in {".gz", ".zst", ".bz2", ".xz", ".zip", ".tmp"}
    ]
    older.sort(key=_age, reverse=True)
    return [*older, path] if path.is_file() else older


def _literal(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def _age(path: Path) -> tuple[float, float]:
    """Sorts older files higher: by their number where rotation numbers them, else by when they were last written."""
    number = _NUMBERED.search(path.name)
    return (float(number.group(1)), 0.0) if number else (0.0, -path.stat().st_mtime)
