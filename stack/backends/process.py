"""Run a server as a local process: start, wait until it is ready, notice its death, stop it for certain."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from stack.backends.supervisor import MARK, RunEndedError, supervisor
from stack.eventually import contention, eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN_LINES = 20
PROBE_TIMEOUT_S = 10.0
SHOWN_BYTES = 200
"""How much of an answer is shown that says why a server is not ready."""
READ_BYTES = 256 * 1024


class ComponentFailed(Exception):  # noqa: N818  # says what happened, as TimeoutExpired does
    """A process did not start, died, or did not become ready; the message carries its last log lines."""


@dataclass(frozen=True)
class HttpReady:
    """Ready when `url` answers with `status`."""

    url: str
    status: int = 200


@dataclass(frozen=True)
class TcpReady:
    """Ready when `host`:`port` accepts a connection."""

    port: int
    host: str = "127.0.0.1"


@dataclass(frozen=True)
class FileReady:
    """Ready when `path` exists."""

    path: Path


ReadyCheck = HttpReady | TcpReady | FileReady


@dataclass(frozen=True)
class ProcessSpec:
    """What to run. `env` is added to our own environment; `stderr` None sends both streams to `stdout`."""

    name: str
    argv: tuple[str, ...]
    cwd: Path
    stdout: Path
    env: Mapping[str, str] = field(default_factory=dict)
    ready: ReadyCheck | None = None
    stderr: Path | None = None


class Running:
    """A started process and its whole process group."""

    def __init__(self, spec: ProcessSpec) -> None:
        self.spec = spec
        self._process = _launch(spec)
        self._swept = False

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code (negative: the signal that ended it), None while it runs."""
        return self._process.poll()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.exit_code is None

    def reason(self) -> str | None:
        """Say why the process is not running, None if it is."""
        code = self.exit_code
        return None if code is None else f"{self.spec.name} {_ending(code)}"

    def problem(self) -> str | None:
        """Look now: say why the process does not do its work (dead, or not ready), None if it does."""
        died = self.reason()
        if died:
            return f"{died}{self._log_excerpt()}"
        missing = what_is_missing(self.spec.ready) if self.spec.ready else ""
        return f"{self.spec.name} runs but is not ready: {missing}" if missing else None

    def log_tail(self) -> str:
        """Return the last lines that the process wrote to its error stream, or to its output if that is empty."""
        streams = (self.spec.stderr, self.spec.stdout)
        return next((tail for stream in streams if stream and (tail := _tail(stream))), "")

    def wait_ready(self, timeout_s: float = 30.0) -> None:
        """Wait until the spec's ready check holds; returns at once where there is none.

        Raises:
            ComponentFailed: the process died (noticed at once) or was not ready after `timeout_s` seconds.

        """
        check = self.spec.ready
        if check is None:
            return

        def probe() -> str:
            if not self.alive:
                raise ComponentFailed(f"{self.reason()} before it was ready{self._log_excerpt()}")
            return what_is_missing(check)

        try:
            eventually(probe, lambda missing: not missing, timeout_s, describe=f"{self.spec.name} is ready")
        except TimeoutError as error:
            raise ComponentFailed(f"{error}{self._log_excerpt()}") from error

    def stop(self, grace_s: float = 5.0) -> None:
        """End the process group: SIGTERM, then SIGKILL for what is left after `grace_s` seconds of a free core."""
        if self.alive:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_s * contention())
        self.kill()

    def kill(self) -> None:
        """End the process group at once, as a crash would."""
        if self._swept:
            return  # the group's number may belong to others by now
        self._signal(signal.SIGKILL)
        self._process.wait()
        supervisor().forget(self.pid)
        self._swept = True

    def restart(self, timeout_s: float = 30.0) -> None:
        """Stop the process if it runs, start it again with the same spec and wait until it is ready.

        Raises:
            ComponentFailed: it did not come back.

        """
        self.stop()
        self._process = _launch(self.spec)
        self._swept = False
        self.wait_ready(timeout_s)

    def _signal(self, number: int) -> None:
        # The group may outlive its leader; once it is empty there is nobody to signal.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _log_excerpt(self) -> str:
        tail = self.log_tail()
        if not tail:
            return "; it logged nothing"
        return f"; its last log lines ({self.spec.stderr or self.spec.stdout}):\n{shown_lines(tail)}"


def start(spec: ProcessSpec) -> Running:
    """Start a process without waiting for anything.

    Raises:
        ComponentFailed: the program cannot be run at all.

    """
    return Running(spec)


def _launch(spec: ProcessSpec) -> subprocess.Popen[bytes]:
    watching = supervisor()
    try:
        with contextlib.ExitStack() as files:
            out = files.enter_context(_log(spec.stdout))
            err = files.enter_context(_log(spec.stderr)) if spec.stderr else out
            process = subprocess.Popen(  # noqa: S603  # running what the spec names is the point
                spec.argv,
                cwd=spec.cwd,
                env={**os.environ, **spec.env, MARK: watching.mark},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
    except OSError as error:
        raise ComponentFailed(f"{spec.name} cannot be started as `{' '.join(spec.argv)}`: {error}") from error
    try:
        watching.watch(process.pid)
    except RunEndedError as ended:
        process.wait()
        raise ComponentFailed(f"{spec.name} is not started: {ended}") from ended
    return process


def _log(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def shown_lines(log: str) -> str:
    """The lines of a log, indented; of a long one its beginning and its end, where Go programs put the reason."""
    shortened = (line if len(line) <= 400 else f"{line[:150]} … {line[-240:]}" for line in log.splitlines())
    return "\n".join(f"    {line}" for line in shortened)


def _tail(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return "".join(deque(stream, maxlen=SHOWN_LINES)).rstrip()
    except OSError:
        return ""


def what_is_missing(check: ReadyCheck) -> str:
    """Look once; return what is not as it should be, or an empty text."""
    try:
        match check:
            case HttpReady(url, wanted):
                status, text = _answer(url)
                return "" if status == wanted else f"{url} answered {status}{f': {text}' if text else ''}"
            case TcpReady(port, host):
                with socket.create_connection((host, port), timeout=PROBE_TIMEOUT_S):
                    return ""
            case FileReady(path):
                return "" if path.exists() else f"{path} is not there"
    except (OSError, http.client.HTTPException) as error:
        return f"{_place(check)}: {error or type(error).__name__}"


def _place(check: ReadyCheck) -> str:
    match check:
        case HttpReady(url):
            return url
        case TcpReady(port, host):
            return f"{host}:{port}"
        case FileReady(path):
            return str(path)


def _answer(url: str) -> tuple[int, str]:
    """GET a URL without proxies, redirects or a client's set-up cost, which would dwarf a 20 ms poll.

    Returns the status and the beginning of the text, in one line; empty where it is a page or data.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PROBE_TIMEOUT_S)
    with contextlib.closing(connection):
        connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
        answer = connection.getresponse()
        beginning = _read_to_end(answer)
        is_text = (answer.getheader("Content-Type") or "").startswith("text/plain")
        return answer.status, " ".join(beginning.decode("utf-8", "replace").split()) if is_text else ""


def _read_to_end(answer: http.client.HTTPResponse) -> bytes:
    """Read a body within `PROBE_TIMEOUT_S`: a server that still writes when we close logs a broken connection.

    Returns its beginning.
    """
    deadline, beginning = time.monotonic() + PROBE_TIMEOUT_S, b""
    with contextlib.suppress(OSError, http.client.HTTPException):
        while (piece := answer.read1(READ_BYTES)) and time.monotonic() < deadline:
            beginning = beginning or piece[:SHOWN_BYTES]
    return beginning
