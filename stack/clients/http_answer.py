"""Reads one HTTP answer through h11, and says in plain words where it breaks off or is no HTTP."""

import asyncio
from collections.abc import AsyncIterator

import h11

from stack.clients.errors import malformed_head, not_http
from stack.records.scrape.scrape import ErrorKind

PIECE_BYTES = 256 * 1024
LARGEST_HEAD = 1024 * 1024
START_BYTES = 64


class StoppedError(Exception):
    """Reading ended before there was a complete answer: `kind` of the failure, and what happened."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message


class HttpAnswer:
    """The answer to `request`; every method raises `StoppedError` for what is no complete HTTP answer."""

    def __init__(self, request: h11.Request, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._peer = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
        self.sent = (self._peer.send(request) or b"") + (self._peer.send(h11.EndOfMessage()) or b"")
        self._start = b""
        self._closed = self._in_body = False
        self._announced: str | None = None
        self._size = 0

    @property
    def begun(self) -> bool:
        """Whether the peer has sent anything."""
        return bool(self._start)

    async def head(self) -> h11.Response:
        """Status and headers."""
        while isinstance(event := await self._next(), h11.InformationalResponse):
            pass
        assert isinstance(event, h11.Response)  # noqa: S101  # for the type checker: h11 sends nothing else here
        lengths = [value for name, value in event.headers if name == b"content-length"]
        self._in_body = True
        self._announced = lengths[0].decode("latin-1") if lengths else None
        return event

    async def body(self) -> AsyncIterator[bytes | bytearray]:
        """The pieces of the body as they come, still encoded."""
        while isinstance(event := await self._next(), h11.Data):
            self._size += len(event.data)
            yield event.data
        if self._announced is not None and self._size and self._peer.trailing_data[0]:
            raise StoppedError("cut", f"the body goes on after the {self._size} bytes that Content-Length announces")

    async def _next(self) -> object:
        try:
            while (event := self._peer.next_event()) is h11.NEED_DATA:
                piece = await self._reader.read(PIECE_BYTES)
                self._start += piece[: START_BYTES - len(self._start)]
                self._closed = not piece
                self._peer.receive_data(piece)
        except h11.ProtocolError as broken:
            raise self._stopped(str(broken)) from None
        return event

    def _stopped(self, said: str) -> StoppedError:
        """Name the cause; `said` is h11's own account."""
        if not self._start:
            return StoppedError("cut", "the server closed the connection without an answer")
        if not self._start.startswith(b"HTTP/"[: len(self._start)]):
            return StoppedError("http", not_http(self._start))
        if not self._in_body and not self._closed:
            return StoppedError("http", malformed_head(said))
        if not self._in_body:
            return StoppedError("cut", "the server closed the connection in the middle of the headers")
        if not self._closed:
            return StoppedError("http", f"after {self._size} bytes of the body a chunk is malformed")
        if self._announced is not None:
            end = f"after {self._size} of the {self._announced} bytes that Content-Length announces"
        else:
            end = f"after {self._size} bytes of the body, before its last chunk"
        return StoppedError("cut", f"the server closed the connection {end}")
