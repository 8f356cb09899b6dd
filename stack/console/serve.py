"""The server process around the application, for the command and for stacks that run it beside other things."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

LARGEST_MESSAGE = 64 * 1024
"""What a browser may send over a WebSocket at once, in bytes."""


def listen(address: str) -> socket.socket:
    """Open the listening socket of `host:port`.

    Raises:
        OSError, ValueError, OverflowError: it cannot be opened.

    """
    host, _, port = address.rpartition(":")
    listener = socket.create_server((host, int(port)), backlog=512)
    # Connections inherit it. asyncio sets it for sockets that name their protocol only, which this one does not; the
    # body of an answer, written after its head, would then wait 40 ms for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _WithinRun(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the program that this server is a part of."""
        yield


def server_of(app: FastAPI, *, signals: bool = True) -> uvicorn.Server:
    """Return a server for the application: no header that names it, no trust in forwarded addresses.

    It ends on SIGINT and SIGTERM unless these are not to be its own.
    """
    kind = uvicorn.Server if signals else _WithinRun
    return kind(
        uvicorn.Config(
            app,
            # It bounds the head of a request; httptools, which is preferred where it is installed, does not.
            http="h11",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="websockets-sansio",
            ws_max_size=LARGEST_MESSAGE,
            # A compressor for each of hundreds of viewers takes more memory and time than the lines themselves.
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=5,
        )
    )
