"""The view of the engine's socket that the agent gets: one project's containers, and nothing to change."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from stack.backends.containers.engine_socket import LABEL, View, narrowed


def listing(target: str) -> dict[str, object]:
    line = narrowed(f"GET {target} HTTP/1.1", "mine")
    assert line is not None
    found: dict[str, object] = json.loads(parse_qs(urlsplit(line.split(" ")[1]).query)["filters"][0])
    return found


def test_a_listing_shows_one_project() -> None:
    assert listing("/v1.41/containers/json") == {"label": [f"{LABEL}=mine"]}
    assert listing("/containers/json?limit=0&all=1") == {"label": [f"{LABEL}=mine"]}


def test_a_listing_keeps_the_filters_that_were_asked_for() -> None:
    assert listing(
        "/v1.41/containers/json?filters=%7B%22label%22%3A%7B%22a%22%3Atrue%7D%2C%22status%22%3A%5B%22x%22%5D%7D"
    ) == {
        "label": ["a", f"{LABEL}=mine"],
        "status": ["x"],
    }


@pytest.mark.parametrize(
    "target", ["/_ping", "/v1.41/networks", "/v1.41/containers/abc/json", "/v1.41/containers/abc/logs?follow=1"]
)
def test_what_an_agent_asks_is_passed_on(target: str) -> None:
    assert narrowed(f"GET {target} HTTP/1.1", "mine") == f"GET {target} HTTP/1.1"


@pytest.mark.parametrize(
    "line",
    [
        "POST /v1.41/containers/create HTTP/1.1",
        "DELETE /v1.41/containers/abc HTTP/1.1",
        "POST /v1.41/containers/json HTTP/1.1",
        "GET /v1.41/containers/abc/archive?path=/ HTTP/1.1",
        "GET /v1.41/secrets HTTP/1.1",
        "GET /v1.41/containers/../images/json HTTP/1.1",
        "GET /v1.41/containers/json?filters=[1] HTTP/1.1",
        "nonsense",
    ],
)
def test_everything_else_is_refused(line: str) -> None:
    assert narrowed(line, "mine") is None


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An engine that repeats the request line of each question."""
    with contextlib.suppress(asyncio.IncompleteReadError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            body = head.split(b"\r\n")[0]
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def view(folder: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a view of that engine."""
    engine = await asyncio.start_unix_server(_answer, folder / "engine.sock")
    served = View(str(folder / "engine.sock"), "mine")
    shown = await asyncio.start_unix_server(served.serve, folder / "view.sock")
    async with engine, shown:
        reader, writer = await asyncio.open_unix_connection(folder / "view.sock")
        yield reader, writer
        writer.close()
        await writer.wait_closed()


def test_several_questions_on_one_connection_and_a_refusal_that_ends_it(tmp_path: Path) -> None:
    async def talk() -> bytes:
        async with asyncio.timeout(5), view(tmp_path) as (reader, writer):
            writer.write(b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\nGET /v1.41/networks HTTP/1.1\r\nHost: d\r\n\r\n")
            first = await reader.readuntil(b"/networks HTTP/1.1")
            writer.write(b"POST /v1.41/containers/abc/kill HTTP/1.1\r\nHost: d\r\n\r\n")
            return first + await reader.read()

    said = asyncio.run(talk())

    assert said.count(b"200 OK") == 2
    assert b"501 Not Implemented" in said
    assert b"not for a log agent: POST /v1.41/containers/abc/kill" in said


def test_a_question_with_a_body_is_refused(tmp_path: Path) -> None:
    async def talk() -> bytes:
        async with asyncio.timeout(5), view(tmp_path) as (reader, writer):
            smuggled = b"POST /v1.41/containers/x/kill HTTP/1.1\r\n\r\n"
            writer.write(b"GET /_ping HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(smuggled), smuggled))
            return await reader.read()

    assert b"501 Not Implemented" in asyncio.run(talk())
