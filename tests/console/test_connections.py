"""What the console tells of a server behind it that answers oddly, slowly, in part or not at all."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from stack.console.problems import Problem
from stack.console.upstream.client import Upstream
from stack.console.upstream.connections import Connections

HOST = "127.0.0.1"
Asking = Callable[[Upstream], Awaitable[None]]


def told(answers: list[bytes], act: Asking) -> list[bytes]:
    """Act on a server that gives each request its next answer, and closes before an empty one; returns the heads."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while answers:
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                answer = answers.pop(0)
                writer.write(answer)
                if b"Content-Length: 2\r\n" not in answer:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()
            await writer.wait_closed()

    async def run() -> None:
        server = await asyncio.start_server(serve, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        async with server, Connections() as connections:
            await act(Upstream("Loki", f"http://{HOST}:{port}", connections))

    asyncio.run(run())
    return heads


def answering(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


async def refused(server: Upstream, status: int, detail: str, **arguments: object) -> None:
    with pytest.raises(Problem) as problem:
        await server.json("GET", "/query", **arguments)
    assert problem.value.status == status
    assert detail in problem.value.detail


def test_the_address_arrives_as_it_was_written_and_nothing_is_added_to_it() -> None:
    async def act(server: Upstream) -> None:
        assert await server.json("GET", "/query", params={"query": '{a=~"b|c+"} |= "%41 ä/?"'}) == {}

    (head,) = told([answering(b"{}")], act)
    line, *headers = head.decode().splitlines()
    path = line.split()[1]
    assert httpx.URL(f"http://x{path}").params["query"] == '{a=~"b|c+"} |= "%41 ä/?"'
    assert [each for each in headers if each.lower().startswith("accept-encoding")] == ["accept-encoding: identity"]
    assert not any(each.lower().startswith(("cookie", "authorization")) for each in headers)


def test_a_body_is_sent_with_its_kind_and_length() -> None:
    async def act(server: Upstream) -> None:
        assert await server.json("POST", "/silences", json={}) == {}

    (head,) = told([answering(b"{}")], act)
    assert b"content-type: application/json\r\n" in head.lower()
    assert b"content-length: 2\r\n" in head.lower()


def test_cookies_are_not_kept_and_redirects_not_followed() -> None:
    async def act(server: Upstream) -> None:
        assert await server.json("GET", "/query") == {}
        await refused(server, 502, "Loki answered 302")

    heads = told(
        [answering(b"{}", headers="Set-Cookie: a=b\r\n"), answering(b"{}", "302 Found", "Location: /other\r\n")], act
    )
    assert len(heads) == 2
    assert b"cookie" not in heads[1].lower()


def test_a_connection_that_was_closed_while_it_was_idle_is_opened_again() -> None:
    async def act(server: Upstream) -> None:
        assert await server.json("GET", "/query") == {}
        assert await server.json("GET", "/query") == {}

    assert len(told([answering(b"{}"), b"", answering(b"{}")], act)) == 3


@pytest.mark.parametrize(
    ("answer", "status", "detail"),
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", 502, "Loki cannot be reached: ", id="no HTTP"),
        pytest.param(
            b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a"', 502, "Loki cannot be reached: ", id="cut off"
        ),
        pytest.param(answering(b"{]"), 502, "Loki answered something that is no JSON", id="no JSON"),
        pytest.param(answering(b"no", "400 Bad Request"), 400, "Loki: no", id="refused"),
    ],
)
def test_an_answer_that_cannot_be_used_is_a_problem(answer: bytes, status: int, detail: str) -> None:
    async def act(server: Upstream) -> None:
        await refused(server, status, detail)

    told([answer], act)


def test_a_server_that_does_not_answer_in_time_or_is_not_there_is_a_problem() -> None:
    async def run() -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()  # until the client goes
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(silent, HOST, 0)
        url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
        async with Connections() as connections:
            async with server:
                await refused(
                    Upstream("Loki", url, connections), 504, "did not answer in time", timeout=httpx.Timeout(0.2)
                )
                server.close()
            await refused(Upstream("Loki", url, connections), 502, "Loki cannot be reached: ")

    asyncio.run(run())
