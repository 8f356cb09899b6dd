"""Requests that provoke telemetry: one that the suite itself sent too late is sent again, no other one is."""

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from fixtures.service import Request
from stack.clients.http import tls
from stack.records.scrape.traffic import ProvokedTraffic
from suites.core import traffic

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
LOST = "Server disconnected without sending a response."


def provoked(answered: int, *, crashes: bool = False) -> tuple[ProvokedTraffic, int]:
    """Two requests to a server that answers so many per connection and closes it at the next: answers, requests.

    One that crashes then takes no more connections.
    """
    came, opened, ended = 0, 0, asyncio.Semaphore(0)
    server: asyncio.Server

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came, opened
        opened += 1
        try:
            for number in range(answered + 1):
                await reader.readuntil(b"\r\n\r\n")
                came += 1
                writer.write(ANSWER if number < answered else b"")
        except asyncio.IncompleteReadError:
            pass
        finally:
            if crashes:
                server.close()
            writer.close()
            await writer.wait_closed()
            ended.release()

    async def within() -> ProvokedTraffic:
        nonlocal server
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        running: Any = SimpleNamespace(
            no_traffic=None, base_url=url, service=SimpleNamespace(traffic=[Request("/", count=2)])
        )
        async with server, httpx.AsyncClient(trust_env=False, verify=tls()) as http:
            _, found = await traffic.provoke(http, running)
            await http.aclose()
            for _ in range(opened):
                await ended.acquire()
        assert found is not None
        return found

    return asyncio.run(within()), came


@pytest.mark.parametrize(
    ("late_s", "answered", "statuses", "sent"),
    [(-1.0, 1, [200, 200], 3), (3600.0, 1, [200, 0], 2), (-1.0, 0, [0, 0], 6), (3600.0, 2, [200, 200], 2)],
)
def test_a_request_that_was_sent_late_and_not_answered_is_sent_again(
    late_s: float, answered: int, statuses: list[int], sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "LATE_S", late_s)
    found, came = provoked(answered)
    assert [one.status for one in found.answers] == statuses
    assert [one.problem for one in found.answers] == [None if status else LOST for status in statuses]
    assert came == sent


def test_a_service_that_crashes_is_told_by_how_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "LATE_S", -1.0)
    found, came = provoked(0, crashes=True)
    assert [one.problem for one in found.answers] == [LOST, "All connection attempts failed"]
    assert came == 1


def test_a_connection_counts_as_open_from_when_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The peer's time runs from the handshake, which this process may notice long after."""
    clock = iter((0.0, 10.0, 17.0, 20.0, 20.5))
    monkeypatch.setattr(traffic, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    sending = traffic._Sending()  # what httpx is given

    async def tell(*events: str) -> float:
        for event in events:
            await sending.trace(event, {})
        return sending.late_s

    connected = ("connection.connect_tcp.started", "connection.connect_tcp.complete")
    assert asyncio.run(tell(*connected, "http11.send_request_headers.complete")) == 7.0
    assert asyncio.run(tell("http11.response_closed.complete", "http11.send_request_headers.complete")) == 0.5
