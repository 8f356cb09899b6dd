"""Requests of the console's trial whose connection ends before an answer: reads are sent again, changes are not."""

import asyncio

import httpx
import pytest

from suites.console.collect.asking import SENDS, Console, ConsoleSilent

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def asked(method: str, closed: int) -> tuple[httpx.Response | str, int]:
    """Ask a server that closes its first connections without an answer: what came of it, and how many there were."""
    seen = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += 1
        number = seen
        await reader.readuntil(b"\r\n\r\n")
        if number > closed:
            writer.write(ANSWER)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        console = Console(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        try:
            return await console.ask(method, "/healthz"), seen
        except ConsoleSilent as silent:
            return str(silent), seen
        finally:
            await console.close()


@pytest.mark.parametrize(
    ("method", "closed", "sent", "answered"),
    [("GET", SENDS - 1, SENDS, True), ("GET", SENDS, SENDS, False), ("POST", 1, 1, False)],
    ids=["read-again", "never-answered", "change"],
)
def test_a_read_is_sent_again_when_its_connection_was_closed(
    method: str, closed: int, sent: int, answered: bool
) -> None:
    outcome, seen = asyncio.run(asked(method, closed))
    assert seen == sent
    if answered:
        assert isinstance(outcome, httpx.Response)
        assert outcome.text == "ok"
    else:
        assert outcome == f"{method} /healthz: Server disconnected without sending a response."
