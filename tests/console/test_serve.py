"""The server around the console: what it takes from a client that nobody knows yet."""

import asyncio
from contextlib import suppress

from fastapi import FastAPI

from stack.console.serve import listen, server_of

PIECE, MOST_PIECES = b"x-more: " + b"a" * 8000 + b"\r\n", 100


def test_a_head_without_end_is_refused() -> None:
    async def send() -> tuple[int, bytes]:
        listener = listen("127.0.0.1:0")
        server = server_of(FastAPI(), signals=False)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        answering = asyncio.create_task(reader.read())
        writer.write(b"GET / HTTP/1.1\r\nhost: here\r\n")
        sent = 0
        with suppress(ConnectionError):
            while not answering.done() and sent < MOST_PIECES:
                writer.write(PIECE)
                await writer.drain()
                sent += 1
                await asyncio.wait([answering], timeout=0.05)
        answer = await answering if answering.done() else b""
        writer.close()
        server.should_exit = True
        await serving
        listener.close()
        return sent, answer

    sent, answer = asyncio.run(send())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert sent < MOST_PIECES
