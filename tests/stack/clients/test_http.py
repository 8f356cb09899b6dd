"""The bounded GET: how many requests are under way at once, and which are sent again."""

import asyncio

import pytest

from stack.clients import http
from stack.clients.http import AT_ONCE_PER_HOST, crowded, fetch


def test_no_host_gets_more_than_a_few_requests_at_once() -> None:
    """Many services behind one small server must not make each other slow."""
    under_way, most = 0, 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.02)
        under_way -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na\n")
        await writer.drain()
        writer.close()

    async def run() -> list[float]:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            fetched = await asyncio.gather(*(fetch(f"http://127.0.0.1:{port}/{number}", "*/*") for number in range(40)))
        assert {found.scrape.status for found in fetched} == {200}
        assert crowded(f"http://127.0.0.1:{port}/")
        assert not crowded("http://127.0.0.1:1/")
        return [found.scrape.elapsed_s for found in fetched]

    elapsed = asyncio.run(run())
    assert most == AT_ONCE_PER_HOST
    assert max(elapsed) < sum(elapsed) / 4, "waiting for a place was counted as time of the service"


@pytest.mark.parametrize(
    ("late_s", "refusals", "begins", "status", "sent"),
    [
        (-1.0, 1, b"", 200, 2),
        (-1.0, 2, b"", 200, 3),
        (-1.0, 3, b"", None, 3),
        (3600.0, 1, b"", None, 1),
        (-1.0, 1, b"HTTP/1.1 2", None, 1),
    ],
    ids=["late-once", "late-twice", "late-always", "in-time", "an-answer-began"],
)
def test_a_request_that_was_sent_late_and_not_answered_is_sent_again(  # one table
    late_s: float, refusals: int, begins: bytes, status: int | None, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the connection was open for long before, its being closed says nothing of the service."""
    monkeypatch.setattr(http, "LATE_S", late_s)
    came = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na\n" if came > refusals else begins)
        writer.close()

    async def run() -> http.Fetched:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            return await fetch(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", "*/*")

    found = asyncio.run(run()).scrape
    assert (found.status, found.error_kind, came) == (status, None if status else "cut", sent)
