"""Run one `go` command, count what it does, and leave nothing running when we are interrupted."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from stack.backends.supervisor import MARK, supervisor
from stack.servers.toolchain import Go, go_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

REPORT_EVERY_S = 5.0
KEPT_LINES = 200


@dataclass(frozen=True)
class GoResult:
    """How `go` ended: exit code, the lines of its output, and the last lines of its error output."""

    exit_code: int
    output: list[str]
    errors: str


def run_go(go: Go, arguments: Sequence[str], cwd: Path, progress: Callable[[str], None], total: int = 0) -> GoResult:
    """Run `go` in `cwd`; `progress` hears every few seconds what is downloaded or compiled.

    `total` is the number of packages of a build; 0 where that is not known.
    """
    process = subprocess.Popen(  # noqa: S603  # `go` as find_go found it
        [go.path, *arguments],
        cwd=cwd,
        env={**go_environment(), MARK: supervisor().mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        with supervisor().watching(process.pid):
            return _read(process, progress, total)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def _read(process: subprocess.Popen[str], progress: Callable[[str], None], total: int) -> GoResult:
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    output: list[str] = []
    readers = [
        threading.Thread(target=_collect, args=(stream, keep), daemon=True)
        for stream, keep in ((process.stdout, output.append), (process.stderr, lines.put))
    ]
    for reader in readers:
        reader.start()
    threading.Thread(target=_announce_end, args=(readers, lines), daemon=True).start()
    report = _Report(progress, total)
    report.read(lines)
    return GoResult(process.wait(), output, "\n".join(report.tail))


def _collect(stream: IO[str] | None, keep: Callable[[str], object]) -> None:
    if stream is None:
        return
    with stream:
        for line in stream:
            keep(line.rstrip("\n"))


def _announce_end(readers: Sequence[threading.Thread], lines: queue.SimpleQueue[str | None]) -> None:
    for reader in readers:
        reader.join()
    lines.put(None)


class _Report:
    """Turn the lines of `go -v` into a progress line every few seconds, also while nothing is printed."""

    def __init__(self, progress: Callable[[str], None], total: int) -> None:
        self.tail: deque[str] = deque(maxlen=KEPT_LINES)
        self._progress = progress
        self._total = total
        self._started = self._reported = time.monotonic()
        self._downloaded = self._compiled = 0
        self._current = ""

    def read(self, lines: queue.SimpleQueue[str | None]) -> None:
        while True:
            try:
                line = lines.get(timeout=REPORT_EVERY_S)
            except queue.Empty:
                line = ""
            if line is None:
                return
            if line:
                self._take(line)
            if time.monotonic() - self._reported >= REPORT_EVERY_S:
                self._say()

    def _take(self, line: str) -> None:
        if line.startswith("go: downloading "):
            self._downloaded += 1
            self._current = line.removeprefix("go: ")
            return
        self.tail.append(line)
        if " " not in line and not line.startswith("#"):
            self._compiled += 1
            self._current = line

    def _say(self) -> None:
        now = time.monotonic()
        self._reported = now
        parts = [f"{now - self._started:.0f} s"]
        if self._downloaded:
            parts.append(f"{self._downloaded} modules downloaded")
        if self._compiled:
            of = f" of at most {self._total}" if self._total else ""
            parts.append(f"{self._compiled}{of} packages compiled")
        parts.append(f"now {self._current}" if self._current else "linking, or resolving modules")
        self._progress(", ".join(parts))
