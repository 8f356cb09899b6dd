"""Runs `pytest suites/` as a user does, in a process of its own, and says everything that is left of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from stack.eventually import Patience, eventually

ROOT = Path(__file__).resolve().parents[2]
MARK = "CONFORMANCE_TEST_RUN"
"""Environment variable by which the processes of one run are known, whoever started them."""


@dataclass
class Started:
    """A run under way. `home` takes its report, its output and its temporary files."""

    process: subprocess.Popen[bytes]
    home: Path
    mark: str
    begun: float = field(default_factory=time.monotonic)

    @property
    def output(self) -> str:
        """What it printed so far."""
        return (self.home / "output.txt").read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text: str, timeout_s: float = 120) -> None:
        """Wait until the run has printed `text`."""

        def look() -> str:
            assert self.process.poll() is None or text in self.output, self.output
            return self.output

        eventually(look, lambda output: text in output, timeout_s, describe=f"the run prints {text!r}")

    def finish(self, timeout_s: float = 900) -> Finished:
        """Wait for its end; a run that does not end in time is ended and fails the test.

        The time is that of a machine with a free core. The signal makes Python print where each thread is.
        """
        ended, late = threading.Event(), threading.Event()

        def watch() -> None:
            patience = Patience(timeout_s)
            while not ended.wait(max(0.0, min(5.0, patience.left()))):
                if patience.left() <= 0:
                    late.set()
                    self.process.send_signal(signal.SIGABRT)
                    return

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            _, status, usage = os.wait4(self.process.pid, 0)
        finally:
            ended.set()
            watching.join()
        code = os.waitstatus_to_exitcode(status)
        self.process.returncode = code
        seconds = time.monotonic() - self.begun
        assert not late.is_set(), f"the run did not end within {timeout_s} s:\n{self.output[-6000:]}"
        return Finished(self, code, self.output, usage.ru_maxrss / 1024, seconds)

    def survivors(self) -> dict[int, str]:
        """The processes of this run that are still there: id and command."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"{MARK}={self.mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
        return found

    def leftovers(self) -> list[str]:
        """What the run left in its temporary folder, but for pytest's own and the lock that runs share."""
        left = [path.name for path in (self.home / "tmp").iterdir() if path.suffix != ".lock"]
        return sorted(name for name in left if not name.startswith("pytest-of-"))


@dataclass(frozen=True)
class Finished:
    """A run that has ended: exit code, everything printed, the peak of its memory in megabytes, its seconds."""

    run: Started
    code: int
    output: str
    megabytes: float
    seconds: float

    @property
    def folder(self) -> Path:
        """Where its reports are."""
        return self.run.home / "report"

    @cached_property
    def report(self) -> dict[str, Any]:
        """Its report.json."""
        found: dict[str, Any] = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        return found

    def verdicts(self, subject: str, *outcomes: str) -> dict[str, dict[str, Any]]:
        """The verdicts on one subject with one of these outcomes (all, without any), by rule."""
        return {
            verdict["rule"]: verdict
            for verdict in self.report["verdicts"]
            if verdict["subject"] == subject and (not outcomes or verdict["outcome"] in outcomes)
        }


@contextlib.contextmanager
def started(
    home: Path, *arguments: str, env: Mapping[str, str] | None = None, servers: bool = False
) -> Iterator[Started]:
    """Start a run with these arguments, without real servers unless `servers`; ends it with the context."""
    temporary = home / "tmp"
    temporary.mkdir(parents=True)
    mark = uuid.uuid4().hex
    hidden = {} if servers else {"CONFORMANCE_SERVERS": "none"}
    own = {"TMPDIR": str(temporary), "COLUMNS": "200", "PYTEST_ADDOPTS": "-p no:cacheprovider", MARK: mark}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    with (home / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "suites", f"--report-dir={home / 'report'}", *arguments],
            cwd=ROOT,
            env={**inherited, **hidden, **own, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Started(process, home, mark)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            try:
                process.wait(120)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def finished(
    home: Path, *arguments: str, env: Mapping[str, str] | None = None, servers: bool = False, timeout_s: float = 900
) -> Finished:
    """Run to the end; see `started`."""
    with started(home, *arguments, env=env, servers=servers) as run:
        return run.finish(timeout_s)
