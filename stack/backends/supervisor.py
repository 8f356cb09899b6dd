"""No process outlives the run, even when the run itself is killed: a tiny warden holds them on a leash.

One warden process per run reads a pipe whose other end only we hold. It is told each process group we start. When
the pipe ends, for whatever reason (exit, crash, SIGKILL), it ends the groups, first politely, then for good. On
Linux it also sweeps up what carries this run's mark in its environment, which catches a process that left its
group and the instant between a start and its being told.

The file is run as a script by the warden, so it imports nothing but the standard library.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "CONFORMANCE_LEASH"
"""Environment variable that every process of a run carries; its value is the run's mark."""

GRACE_S = 1.0


class Leash:
    """Our end of the pipe. Safe to use from several threads."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._warden = subprocess.Popen(  # noqa: S603  # this very file, by this very Python
            [sys.executable, "-I", "-S", __file__, self.mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal must not reach the warden
            cwd="/",
            env={},
        )

    @property
    def warden_pid(self) -> int:
        """The process id of the warden."""
        return self._warden.pid

    def hold(self, group: int) -> None:
        """End the process group `group` when this run ends."""
        self._tell(f"+{group}\n")

    def release(self, group: int) -> None:
        """Forget a process group that has ended, so that its number may be used by others."""
        with contextlib.suppress(RuntimeError, OSError):  # a dead warden holds nothing
            self._tell(f"-{group}\n")

    @contextlib.contextmanager
    def holding(self, group: int) -> Iterator[None]:
        """Hold a process group for the time of a block."""
        self.hold(group)
        try:
            yield
        finally:
            self.release(group)

    def close(self) -> None:
        """Let go of the pipe: the warden ends what is still held, and itself."""
        with self._lock, contextlib.suppress(OSError):
            if self._warden.stdin is not None:
                self._warden.stdin.close()
        self._warden.wait(timeout=10 * GRACE_S)

    def _tell(self, message: str) -> None:
        with self._lock:
            if self._warden.stdin is None or self._warden.poll() is not None:
                raise RuntimeError(
                    f"the warden process (pid {self._warden.pid}) has ended, so nothing would stop the servers "
                    "if this run were killed; something on this machine ended it"
                )
            self._warden.stdin.write(message.encode())
            self._warden.stdin.flush()


_leashes: dict[int, Leash] = {}
_making = threading.Lock()


def leash() -> Leash:
    """Return this process's leash, made at first use; a forked child gets its own."""
    with _making:
        if os.getpid() not in _leashes:
            _leashes[os.getpid()] = made = Leash()
            atexit.register(made.close)
        return _leashes[os.getpid()]


def _keep_watch(mark: str) -> None:
    """Read orders until the pipe ends, then end everything that is still held."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    held: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        (held.add if line[0] == "+" else held.discard)(group)
    ending = [group for group in held if _signal_group(group, signal.SIGTERM)]
    if ending:
        time.sleep(GRACE_S)
    for group in ending:
        _signal_group(group, signal.SIGKILL)
    for pid in _marked(mark):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _signal_group(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _marked(mark: str) -> Iterator[int]:
    """Yield the processes that carry this run's mark; only Linux shows another process's environment."""
    sign = f"{MARK}={mark}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if sign in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)


if __name__ == "__main__":
    _keep_watch(sys.argv[1])
