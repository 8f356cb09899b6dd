"""A console that listens, with terminals of it, and a real SSH server behind it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from stack.console.serve import listen, server_of
from stack.console.terminal.config import Target, TerminalConfig
from tests.console.conftest import HOST, PASSWORD, Console, Consoles


@dataclass
class Terminal:
    """One WebSocket to a terminal, and the text that it has shown."""

    socket: ClientConnection
    shown: str = ""
    end: str = ""

    async def until(self, text: str) -> None:
        async with asyncio.timeout(60):
            while text not in self.shown:
                message = json.loads(await self.socket.recv())
                assert message["type"] != "end", (message, self.shown)
                self.shown += message.get("data", "")

    async def until_end(self) -> str:
        async with asyncio.timeout(60):
            try:
                while True:
                    message = json.loads(await self.socket.recv())
                    self.end = message.get("reason", self.end)
            except ConnectionClosed:
                return self.end

    async def type(self, text: str) -> None:
        await self.socket.send(json.dumps({"type": "input", "data": text}))

    async def resize(self, cols: int, rows: int) -> None:
        await self.socket.send(json.dumps({"type": "resize", "cols": cols, "rows": rows}))


@dataclass
class Served:
    """A console that listens, and terminals of it."""

    console: Console
    port: int

    @asynccontextmanager
    async def terminal(
        self, account: str = "ada", target: str = "bastion", headers: dict[str, str] | None = None
    ) -> AsyncIterator[Terminal]:
        given = headers or {"Authorization": basic(account)}
        path = f"/api/v1/ws/terminal/{target}?cols=100&rows=30"
        # The address of the listener, the name under which the console is known.
        address: dict[str, Any] = {"host": "127.0.0.1", "port": self.port}
        # Without compression, which would let megabytes of equal lines wait in a few kilobytes.
        async with connect(f"ws://{HOST}{path}", **address, additional_headers=given, compression=None) as socket:
            yield Terminal(socket)

    async def refused(self, **arguments: Any) -> tuple[int, str]:
        with pytest.raises(InvalidStatus) as refusal:
            async with self.terminal(**arguments):
                pass
        answer = refusal.value.response
        return answer.status_code, (answer.body or b"").decode()

    def audit(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.console.app.state.guard.audit.newest() if line["event"] == event]

    async def ended(self) -> dict[str, Any]:
        """The audit line of the session that ended, which is written after the client was told."""
        async with asyncio.timeout(60):
            while not (lines := [line for line in self.audit("session_expired") if line["target"]]):
                await asyncio.sleep(0.02)
        return lines[0]


def basic(account: str) -> str:
    return "Basic " + base64.b64encode(f"{account}:{PASSWORD}".encode()).decode()


def serve(
    consoles: Consoles, config: TerminalConfig, act: Callable[[Served], Awaitable[None]], **settings: Any
) -> None:
    async def within_console() -> None:
        listener = listen("127.0.0.1:0")
        port = listener.getsockname()[1]
        async with consoles.open(terminal=config, hosts=frozenset({f"127.0.0.1:{port}"}), **settings) as console:
            server = server_of(console.app)
            server.config.lifespan = "off"  # `consoles` runs it
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                await act(Served(console, port))
            finally:
                server.should_exit = True
                await serving

    asyncio.run(within_console())


def config_of(*targets: Target, **limits: Any) -> TerminalConfig:
    return TerminalConfig({each.name: each for each in targets}, **limits)


def asciicast(text: str) -> tuple[dict[str, Any], list[list[Any]]]:
    """Read an asciicast v3 strictly, by https://docs.asciinema.org/manual/asciicast/v3/."""
    assert text.endswith("\n")
    header, *events = [json.loads(line) for line in text.splitlines()]
    assert header["version"] == 3
    known = {"version", "term", "timestamp", "idle_time_limit", "command", "title", "env", "tags"}
    assert set(header) <= known
    assert set(header["term"]) <= {"cols", "rows", "type", "version", "theme"}
    assert all(isinstance(header["term"][key], int) for key in ("cols", "rows"))
    assert isinstance(header["timestamp"], int)
    for interval, code, data in events:
        assert interval >= 0
        assert code in {"o", "i", "m", "r", "x"}
        assert isinstance(data, str)
    return header, events
