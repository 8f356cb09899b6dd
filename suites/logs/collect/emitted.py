"""Collects what a service logged: waits until the lines of the sent requests are there, then reads the log.

The wait ends with the last line that appears, so a service that logs at once costs a few milliseconds; one that never
does costs the deadline, side by side with all others.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from stack.eventually import aeventually
from stack.records.logs.format import FORMATS, LogFormat
from stack.records.logs.line import RawLine
from stack.records.logs.preset import preset_of
from stack.records.logs.reader import BUDGET, read_log, rotated
from stack.records.logs.stream import LOKI_MAX_LINE_BYTES, LogStream, SentRequest
from stack.records.logs.text_lines import READERS
from suites.core.evidence import NotEvaluated, Records

_CHUNK = 1 << 20
"""Bytes read at a time."""

_TELLING = 200
"""The newest lines, by which an undeclared format is told."""


@dataclass(frozen=True)
class LogContract:
    """What a service's catalog entry declares about its log; `loggers` are the fields of its specialised loggers."""

    service: str
    format: LogFormat | None = None
    loggers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    max_line_bytes: int = LOKI_MAX_LINE_BYTES


async def collect(
    files: Sequence[Path],
    contract: LogContract,
    requests: Sequence[SentRequest],
    emitted_from: float | None,
    *,
    deadline_s: float = 5.0,
    growing: bool = True,
) -> Records:
    """Read the log that a service wrote to `files` (each with its rotated siblings) while it got `requests`.

    `emitted_from` is a moment before the first line was written, in seconds since the epoch; `None` where the log
    is older than this run, and timestamps then are compared with the moment of reading alone. `growing` means that
    the service still runs, so that a half last line is not judged. A file that is missing at the deadline is a stream
    with `missing` set, which a rule reports.
    """
    if not files:
        return {LogStream: NotEvaluated(f"it is not known where {contract.service} logs")}
    awaited = Awaited(files, requests)

    async def outstanding() -> int:
        return await asyncio.to_thread(awaited.outstanding) or await asyncio.to_thread(_all_empty, files)

    if await outstanding():
        with contextlib.suppress(TimeoutError):  # what is missing then is for a rule to say
            await aeventually(outstanding, lambda left: left == 0, deadline_s)
    emitted_to = time.time()
    streams = [_stream(path, contract, growing=growing) for path in files]
    return {LogStream: [_placed(stream, requests, emitted_from, emitted_to, streams) for stream in streams]}


def _all_empty(files: Iterable[Path]) -> bool:
    """Whether nothing was written yet: of a service that answers no requests, something is awaited."""
    return not any(file.stat().st_size for path in files for file in rotated(path))


class Awaited:
    """The lines that the sent requests must produce and that have not appeared in any of `files` yet.

    A request must produce one line with its id, or as many as its contract promises. Only whole lines count.
    """

    def __init__(self, files: Iterable[Path], requests: Iterable[SentRequest]) -> None:
        self._files = tuple(files)
        self._left = {sent.request_id.encode(): max(1, len(sent.expected)) for sent in requests if sent.logged}
        self._read: dict[int, int] = {}

    def outstanding(self) -> int:
        """Read what was written since the last call; returns how many lines are still missing."""
        for path in self._files:
            for file in rotated(path):
                if self._left:
                    self._read_on(file)
        return sum(self._left.values())

    def _read_on(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                size = file.seek(0, 2)
                node = path.stat().st_ino  # a rotated file goes on where it was, under another name
                start = self._read.get(node, max(0, size - BUDGET))
                self._read[node] = self._count_from(file, start if start <= size else 0)
        except OSError:  # not there yet, rotated away, or not readable: reading the log reports it
            return

    def _count_from(self, file: BinaryIO, start: int) -> int:
        """Count the whole lines from `start` on; returns where the next begins."""
        file.seek(start)
        while self._left and (chunk := file.read(_CHUNK)):
            end = chunk.rfind(b"\n") + 1
            if end == 0 and len(chunk) < _CHUNK:
                break  # half a line: its rest is still to come
            end = end or len(chunk)
            self._count(chunk[:end])
            start += end
            file.seek(start)
        return start

    def _count(self, text: bytes) -> None:
        here = [wanted for wanted in self._left if wanted in text]
        for line in text.split(b"\n") if here else ():
            for wanted in here:
                if wanted in line and wanted in self._left:
                    self._left[wanted] -= 1
                    if self._left[wanted] == 0:
                        del self._left[wanted]


def _stream(path: Path, contract: LogContract, *, growing: bool) -> LogStream:
    source, missing, files = str(path), None, rotated(path)
    if not files:
        missing = "no such file"
    try:
        text = read_log(files, growing=growing)
    except OSError as error:
        text, missing = read_log([]), error.strerror or str(error)
    return LogStream(
        raw_lines=text.lines,
        service=contract.service,
        source=source,
        format=contract.format or _syntax(text.lines),
        specialised=contract.loggers,
        max_line_bytes=contract.max_line_bytes,
        half_line=text.half_line,
        unread_bytes=text.unread_bytes,
        missing=missing,
    )


def _syntax(lines: Sequence[RawLine]) -> LogFormat | None:
    """The format of lines of which none is declared, where most are logfmt or klog; JSON is told line by line."""
    preset = preset_of(line.raw.decode("utf-8", "replace") for line in lines[-_TELLING:])
    return FORMATS[preset] if preset in READERS else None


def _placed(
    stream: LogStream,
    requests: Sequence[SentRequest],
    emitted_from: float | None,
    emitted_to: float,
    streams: Sequence[LogStream],
) -> LogStream:
    """`stream` with the requests that it is judged by: of a log in several files, each request belongs to one."""
    mine = [request for request in requests if _owner(request, streams) is stream]
    return replace(stream, requests=tuple(mine), emitted_from=emitted_from, emitted_to=emitted_to)


def _owner(request: SentRequest, streams: Sequence[LogStream]) -> LogStream:
    """The stream that holds the lines of `request`, or the first where none does."""
    if len(streams) == 1:
        return streams[0]
    wanted = request.request_id.encode()
    return next((each for each in streams if any(wanted in line.raw for line in each.raw_lines)), streams[0])
