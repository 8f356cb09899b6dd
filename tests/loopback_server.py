"""An HTTP server on loopback, in a thread with an event loop of its own; what it answers is up to behaviours."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

Headers = dict[str, str]
Answer = tuple[int, Headers, AsyncIterator[bytes]]
Behaviour = Callable[[Headers], Awaitable[Answer]]


class Server:
    """All behaviours on one port; `url("hang")` is where the behaviour of path `/hang` answers."""

    def __init__(self, behaviours: Mapping[str, Behaviour]) -> None:
        self._behaviours = behaviours
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    def start(self) -> None:
        self._thread.start()
        self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1].partition("?")[0]
        asked = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        status, headers, body = await self._behaviours[path](asked)
        keep = "Content-Length" in headers
        headers.setdefault("Connection", "keep-alive" if keep else "close")
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        writer.write("\r\n".join(lines).encode())
        sent = 0
        async for chunk in body:
            writer.write(chunk)
            sent += len(chunk)
            await writer.drain()
        return keep and sent == int(headers["Content-Length"])


@contextmanager
def serving(behaviours: Mapping[str, Behaviour]) -> Iterator[Server]:
    """Serve the behaviours, by path, while the context lasts."""
    server = Server(behaviours)
    server.start()
    try:
        yield server
    finally:
        server.stop()
