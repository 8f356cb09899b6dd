"""Terminal sessions: who is connected where, and what ends them."""

import asyncio
import contextlib
import secrets
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from stack.console.access.guard import Guard
from stack.console.access.sessions import Identity
from stack.console.api.models import Model
from stack.console.audit import Outcome
from stack.console.problems import Problem, not_found
from stack.console.terminal.config import Target, TerminalConfig
from stack.console.terminal.recording import Code, Recorder, Recordings

if TYPE_CHECKING:
    from stack.console.terminal.ssh import Shell

CHECK_S = 2.0
"""How often it is checked that the account may go on: a session ends within twice this time."""
HEARTBEAT_S = 10.0
GONE = "the browser closed the connection"
Cols = Annotated[int, Field(ge=2, le=1000)]
Rows = Annotated[int, Field(ge=1, le=1000)]


class Input(Model):
    """What was typed."""

    type: Literal["input"]
    data: str


class Resize(Model):
    """The size of the terminal in characters."""

    type: Literal["resize"]
    cols: Cols
    rows: Rows


MESSAGE = TypeAdapter[Input | Resize](Annotated[Input | Resize, Field(discriminator="type")])


class _EndError(Exception):
    """The session ends, for the reason that this says."""


class Session:
    """One session. Times: `started` in seconds since 1970."""

    def __init__(self, account: str, target: Target, address: str) -> None:
        self.id, self.account, self.target, self.address = secrets.token_hex(8), account, target, address
        self.started, self.began = time.time(), time.monotonic()
        self.last_input = self.began
        self.recording = ""
        self._told = asyncio.get_running_loop().create_future()

    def end(self, reason: str) -> None:
        """End it; whoever is connected is told why."""
        if not self._told.done():
            self._told.set_result(reason)

    async def told(self, wait_s: float) -> str | None:
        """Wait until somebody ends it, at most so long; returns why."""
        await asyncio.wait({self._told}, timeout=max(wait_s, 0.0))
        return self._told.result() if self._told.done() else None


class Terminals:
    """All sessions of this console."""

    def __init__(self, config: TerminalConfig, folder: Path, guard: Guard) -> None:
        """`folder` is where recordings are kept; it is made with the first of them."""
        self.config, self.guard = config, guard
        self.recordings = Recordings(folder, config.recording_bytes, config.recordings_bytes)
        self.running: dict[str, Session] = {}

    @property
    def unavailable(self) -> str:
        """Why there is no terminal; empty where there is."""
        if not self.config.targets:
            return "the terminal is off: set CONSOLE_TERMINAL_FILE to a file that names its hosts"
        if find_spec("asyncssh") is None:
            return "the terminal needs asyncssh, which is not installed: pip install asyncssh, then restart the console"
        return ""

    def target(self, name: str) -> Target:
        """Return a host.

        Raises:
            Problem: 501 without a terminal, 404 for a name that is none.

        """
        if self.unavailable:
            raise Problem(501, self.unavailable)
        if name not in self.config.targets:
            raise not_found()
        return self.config.targets[name]

    async def serve(self, socket: WebSocket, identity: Identity, target: Target, cols: int, rows: int) -> None:
        """Connect an accepted WebSocket with a shell until either ends, or somebody ends it."""
        session = Session(identity.account, target, self.guard.address(socket))
        details = {"session": session.id, "host": f"{target.host}:{target.port}", "user": target.user}

        def record(event: str, outcome: Outcome, **more: Any) -> None:
            where = f"terminal {target.name}"
            self.guard.record(socket, event, outcome, actor=identity.account, target=where, **details, **more)

        self.running[session.id] = session
        try:
            try:
                connected = await self._open(session, socket, identity, cols, rows)
            except Problem as problem:
                record("session_created", "refused", reason=problem.detail)
                await _close(socket, problem.detail, 1008)
                return
            reason = "the console stopped, or failed"
            try:
                details["recording"] = session.recording
                record("session_created", "success", input_recorded=self.config.record_input)
                reason = await connected.until_end()
            finally:
                connected.close()
                record("session_expired", "success", reason=reason, seconds=round(time.monotonic() - session.began, 3))
        finally:
            del self.running[session.id]
        await _close(socket, reason, 1000)

    async def _open(
        self, session: Session, socket: WebSocket, identity: Identity, cols: int, rows: int
    ) -> "_Connected":
        """Open the shell and begin the recording; a Problem says why that cannot be."""
        from stack.console.terminal.ssh import open_shell  # an extra: without it only the terminal is missing

        if len(self.running) > self.config.sessions:
            raise Problem(429, f"no further session: {self.config.sessions} at once is the limit")
        shell = await open_shell(session.target, cols, rows)
        try:
            keep = {each.recording for each in self.running.values()}
            for name in await asyncio.to_thread(self.recordings.make_room, keep):
                target = f"recording {name}"
                self.guard.record(socket, "sensitive_delete", "success", actor="console", target=target, reason="room")
            recorder = self.recordings.begin(session.id, session.account, session.target.name, cols, rows)
        except BaseException as error:
            shell.abort()
            if isinstance(error, OSError):
                raise Problem(500, f"the session cannot be recorded: {error.strerror}") from None
            raise
        session.recording = recorder.name
        return _Connected(session, self, socket, identity, shell, recorder)


class _Connected:
    """A WebSocket, a shell and a recording."""

    def __init__(
        self,
        session: Session,
        terminals: Terminals,
        socket: WebSocket,
        identity: Identity,
        shell: "Shell",
        recorder: Recorder,
    ) -> None:
        self.session, self.config, self.sessions = session, terminals.config, terminals.guard.sessions
        self.socket, self.identity, self.shell, self.recorder = socket, identity, shell, recorder

    async def until_end(self) -> str:
        """Pass on what either side says; returns why it ended."""
        parts = [asyncio.create_task(part()) for part in (self._watch, self._outgoing, self._incoming)]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in parts:
                each.cancel()
            results = await asyncio.gather(*parts, return_exceptions=True)
        broken = [each for each in results if isinstance(each, Exception)]
        reasons = [str(error) for error in broken if isinstance(error, _EndError)]
        if not reasons:
            raise broken[0]
        return reasons[0]

    def close(self) -> None:
        """End the shell and the recording."""
        if self.shell.status is not None:
            with contextlib.suppress(OSError):
                self.recorder.event("x", str(self.shell.status))
        self.recorder.close()
        self.shell.abort()

    async def _watch(self) -> None:
        session, config = self.session, self.config
        while True:
            self._check()
            now = time.monotonic()
            idle, left = session.last_input + config.idle_s - now, session.began + config.longest_s - now
            if idle <= 0:
                raise _EndError(f"nothing was typed for {config.idle_s:g} s")
            if left <= 0:
                raise _EndError(f"sessions last {config.longest_s:g} s at most")
            if reason := await session.told(min(idle, left, CHECK_S)):
                raise _EndError(reason)

    async def _outgoing(self) -> None:
        await self._send({"type": "state", "state": "connected", "session": self.session.id})
        reading: asyncio.Task[str | None] | None = None
        try:
            while True:
                reading = reading or asyncio.create_task(self.shell.read())
                await asyncio.wait({reading}, timeout=HEARTBEAT_S)
                if not reading.done():
                    await self._send({"type": "heartbeat", "time": str(time.time_ns())})
                    continue
                text, reading = reading.result(), None
                if text is None:
                    status = self.shell.status
                    if status is None:
                        raise _EndError("the shell was killed, or the host cut the connection")
                    raise _EndError(f"the shell ended with status {status}")
                self._record("o", text)
                await self._send({"type": "output", "data": text})
        finally:
            if reading is not None:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _incoming(self) -> None:
        while True:
            received = await self.socket.receive()
            if received["type"] == "websocket.disconnect":
                raise _EndError("the console stopped" if received.get("code") == 1012 else GONE)
            try:
                message = MESSAGE.validate_json(received.get("text") or b"")
            except ValidationError:
                raise _EndError("the browser sent what no terminal sends") from None
            # Not left to the watch alone: nothing is typed with a session that was ended.
            self._check()
            if isinstance(message, Resize):
                self._record("r", f"{message.cols}x{message.rows}")
                self.shell.resize(message.cols, message.rows)
                continue
            self.session.last_input = time.monotonic()
            if self.config.record_input:
                self._record("i", message.data)
            await self.shell.write(message.data)

    def _check(self) -> None:
        if not self.sessions.still(self.identity):
            raise _EndError("signed out, or the account was changed")

    def _record(self, code: Code, text: str) -> None:
        try:
            fits = self.recorder.event(code, text)
        except OSError as error:
            raise _EndError(f"the session cannot be recorded: {error.strerror}") from None
        if not fits:
            raise _EndError("the recording is as large as it may be")

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            await self.socket.send_json(message)
        except (WebSocketDisconnect, RuntimeError):
            raise _EndError(GONE) from None


async def _close(socket: WebSocket, reason: str, code: int) -> None:
    """Say why, to whoever is still there, and close."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
        async with asyncio.timeout(CHECK_S):
            await socket.send_json({"type": "end", "reason": reason})
            await socket.close(code, reason[:120])
