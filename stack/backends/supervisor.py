"""No process outlives the run, even when the run itself is killed: a supervisor ends what is left.

One supervisor process per run reads a pipe whose other end only the run holds. The run names each process group that
it starts, and each command that must be run should it not clean up by itself. When the pipe ends, for whatever reason
(exit, crash, SIGKILL), the supervisor starts these commands and ends the groups, by SIGTERM and then by SIGKILL. On
Linux it also ends every process that carries this run's mark in its environment: those that left their group, and
those started an instant before the run was killed.

The file is run as a script by the supervisor, so it imports nothing but the standard library.
"""

from __future__ import annotations

import atexit
import contextlib
import json
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
    from collections.abc import Iterator, Mapping, Sequence

MARK = "CONFORMANCE_RUN"
"""Environment variable that every process of a run carries; its value is the run's mark."""

GRACE_S = 5.0
"""Seconds that process groups get to end by themselves after SIGTERM."""

CLOSE_S = 60.0
POLL_S = 0.05


class RunEndedError(Exception):
    """A process was started although the run has ended."""


class Supervisor:
    """The run's end of the pipe. Safe to use from several threads."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._ended = False
        self._process = subprocess.Popen(  # noqa: S603  # this very file, by this very Python
            [sys.executable, "-I", "-S", __file__, self.mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal must not reach it
            cwd="/",
            env={},
        )

    @property
    def pid(self) -> int:
        """The process id of the supervisor."""
        return self._process.pid

    def watch(self, group: int, *, cleaning: bool = False) -> None:
        """End the process group `group` when this run ends; one that is `cleaning` up may still start then.

        Raises:
            RunEndedError: the run has ended meanwhile; the group is killed.

        """
        self._send("watch", group)
        with self._lock:
            if not self._ended:
                self._groups.update({group} if not cleaning else ())
                return
        if not cleaning:
            _signal_group(group, signal.SIGKILL)
            raise RunEndedError("the run has ended")

    def end(self) -> None:
        """End every process group that is watched, and start none from now on: what waits for them goes on at once."""
        with self._lock:
            self._ended = True
            for group in self._groups:
                _signal_group(group, signal.SIGTERM)

    def forget(self, group: int) -> None:
        """Forget a process group that has ended, so that its number may be used by others."""
        with self._lock:
            self._groups.discard(group)
        with contextlib.suppress(RuntimeError, OSError):  # a supervisor that was killed watches nothing
            self._send("forget", group)

    @contextlib.contextmanager
    def watching(self, group: int, *, cleaning: bool = False) -> Iterator[None]:
        """Watch a process group for the time of a block."""
        self.watch(group, cleaning=cleaning)
        try:
            yield
        finally:
            self.forget(group)

    def at_end(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a command when this run ends, unless `cancel` is called before; it outlives the supervisor."""
        self._send("at_end", name, list(argv), dict(env))

    def start_now(self, name: str) -> None:
        """Start the command `name` of `at_end` at once."""
        self._send("start", name)

    def cancel(self, name: str) -> None:
        """Do not start the command `name` of `at_end`."""
        with contextlib.suppress(RuntimeError, OSError):
            self._send("cancel", name)

    def close(self) -> None:
        """Close the pipe: the supervisor ends what it still watches, and itself."""
        with self._lock, contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.wait(timeout=CLOSE_S)

    def _send(self, *order: object) -> None:
        with self._lock:
            if self._process.stdin is None or self._process.poll() is not None:
                raise RuntimeError(
                    f"the supervisor process (pid {self.pid}) has ended, so nothing would stop the servers if this "
                    "run were killed; something on this machine ended it"
                )
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()


_supervisors: dict[int, Supervisor] = {}
_making = threading.Lock()


def supervisor() -> Supervisor:
    """Return this process's supervisor, started at first use; a forked child gets its own."""
    with _making:
        if os.getpid() not in _supervisors:
            _supervisors[os.getpid()] = made = Supervisor()
            atexit.register(made.close)
        return _supervisors[os.getpid()]


def _supervise(mark: str) -> None:
    """Read orders until the pipe ends, then clean up."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: set[int] = set()
    commands: dict[str, tuple[list[str], dict[str, str]]] = {}
    for line in sys.stdin:
        order, key, *more = json.loads(line)
        if order == "watch":
            groups.add(key)
        elif order == "forget":
            groups.discard(key)
        elif order == "at_end":
            commands[key] = (more[0], more[1])
        elif order == "cancel":
            commands.pop(key, None)
        elif order == "start" and key in commands:
            _start(*commands.pop(key))
    _end(groups, mark)
    for command in commands.values():
        _start(*command)


def _start(argv: list[str], env: dict[str, str]) -> None:
    with contextlib.suppress(OSError):
        subprocess.Popen(  # noqa: S603  # what the run asked for
            argv, env=env, cwd="/", start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )


def _end(groups: set[int], mark: str) -> None:
    left = {group for group in groups if _signal_group(group, signal.SIGTERM)}
    deadline = time.monotonic() + GRACE_S
    while left and time.monotonic() < deadline:
        time.sleep(POLL_S)
        left = {group for group in left if _signal_group(group, 0)}
    for group in left:
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
    _supervise(sys.argv[1])
