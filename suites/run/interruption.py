"""Ends a run early in good order: on SIGINT, SIGTERM or SIGHUP, at any moment, in every process of the run.

The first signal ends what the run does: a collection is cancelled and stops what it started, anything else is ended by
KeyboardInterrupt, from which pytest goes on to its report and exit status 2. A second one changes nothing, so that a
nervous Ctrl-C does not cut off the cleaning up; a third ends the process at once, and the supervisor cleans up.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stack.eventually import eventually

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AT_ONCE = 3
"""The signal that no cleaning up survives."""
WORKER = "worker-"
"""How files in the run folder begin that name the process ids of xdist's workers, while these have not ended."""
WORKERS_S = 120.0


class Interruption:
    """What is known about an early end of this process's part of the run."""

    def __init__(self) -> None:
        self.reason = ""
        self._count = 0
        self._deferred = False
        self._cancel: Callable[[], object] | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def install(self) -> None:
        """Take over the signals; they have no effect until `begin`, when pytest is ready to end with a report.

        What this process was started to ignore (`nohup`) it goes on to ignore.
        """
        self._deferred = True
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._received)

    def restore(self) -> None:
        """Give the signals back."""
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        self._previous.clear()

    @contextlib.contextmanager
    def cancelling(self, cancel: Callable[[], object]) -> Iterator[None]:
        """Call `cancel`, which must return at once, instead of raising KeyboardInterrupt in the block."""
        self._cancel = cancel
        if self.reason:
            cancel()
        try:
            yield
        finally:
            self._cancel = None

    def begin(self) -> None:
        """Let signals have their effect from now on, and the one that came before at once."""
        self._deferred = False
        self.check()

    def over(self) -> None:
        """Let signals pass from now on: only the report is left to do."""
        self._deferred = True

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal came whose own was lost, as it is in a destructor."""
        if self.reason:
            raise KeyboardInterrupt(self.reason)

    def _received(self, number: int, _frame: object) -> None:
        self._count += 1
        if self._count == AT_ONCE:
            os._exit(pytest.ExitCode.INTERRUPTED)
        if self._count > 1:
            return
        self.reason = f"interrupted by {signal.Signals(number).name}"
        if self._cancel is not None:
            self._cancel()
        elif not self._deferred:
            raise KeyboardInterrupt(self.reason)


interruption = Interruption()
"""Of this process."""


def name_worker(folder: Path) -> None:
    """Tell the controller of the run in `folder` of this worker."""
    (folder / f"{WORKER}{os.getpid()}").touch()


def worker_ended(folder: Path) -> None:
    """Tell the controller that this worker has nothing left to stop."""
    (folder / f"{WORKER}{os.getpid()}").unlink(missing_ok=True)


def end_workers(folder: Path) -> None:
    """Interrupt the workers of the run in `folder`, and wait until they have stopped what they started."""

    def left() -> list[int]:
        pids = [int(path.name.removeprefix(WORKER)) for path in folder.glob(f"{WORKER}*")]
        return [pid for pid in pids if _is_running(pid)]

    for pid in left():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):  # xdist ends them, and the supervisor of each what it started
        eventually(left, lambda pids: not pids, WORKERS_S, describe="the workers have ended")


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
