"""Live streams end when the account may not watch any longer, say what is wrong, and use any source of lines."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, MutableMapping
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from starlette.requests import HTTPConnection
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from stack.console.access.sessions import Identity
from stack.console.api.live import Message, _lively, _log_messages
from stack.console.problems import Problem
from stack.console.telemetry import Telemetry
from stack.console.upstream.connections import Connections
from stack.console.upstream.logql import LogFilter, LogQuery
from stack.console.upstream.loki import LogLine, Loki
from stack.console.upstream.stand_in import StandInLogs
from stack.console.upstream.tail import Tails
from stack.records.logs.entry import LogEntry
from tests.console.conftest import HOST, Behind, Console, Consoles

T0 = 1_795_000_000_000_000_000
QUERY = LogQuery((("service", "=", "storage"),))


async def silent() -> AsyncIterator[Message]:
    """A server that takes for ever to answer."""
    await asyncio.Event().wait()
    yield {"type": "lines"}


async def broken() -> AsyncIterator[Message]:
    yield {"type": "values"}
    raise Problem(502, "Loki cannot be reached")


def watching(console: Console, account: str) -> tuple[HTTPConnection, Identity]:
    found = console.app.state.guard.accounts.get(account)
    identity = Identity(found.name, found.permission, found.version)
    return HTTPConnection({"type": "http", "app": console.app, "headers": []}), identity


def test_a_stream_ends_soon_after_the_account_was_changed_though_no_server_answers(
    consoles: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.console.api.live.CHECK_S", 0.05)

    async def act(console: Console) -> list[Message]:
        connection, identity = watching(console, "otto")
        following = asyncio.create_task(_all(_lively(connection, identity, "logs", silent())))
        await asyncio.sleep(0.2)
        assert not following.done()
        console.app.state.guard.accounts.change("otto", disabled=True)
        async with asyncio.timeout(60):
            return await following

    assert consoles.run(act) == [{"type": "end", "reason": "signed out, or the account was changed"}]


async def _all(messages: AsyncIterator[Message]) -> list[Message]:
    return [message async for message in messages]


def test_what_a_server_refuses_is_said_in_the_stream(consoles: Consoles) -> None:
    async def act(console: Console) -> list[Message]:
        return await _all(_lively(*watching(console, "ada"), "logs", broken()))

    assert consoles.run(act)[-1] == {"type": "state", "state": "Loki cannot be reached"}


class Stream:
    """A client of a stream, which has its answer as soon as the application sends the head of one."""

    def __init__(self, kind: str, bearer: str) -> None:
        self.kind, self.answered, self.leave = kind, asyncio.Event(), asyncio.Event()
        self.status, self.detail, self._asked = 0, b"", False
        self.scope: MutableMapping[str, Any] = {
            "type": "websocket" if kind == "ws" else "http",
            "path": f"/api/v1/{kind}/metrics",
            "query_string": b"query=up",
            "headers": [(b"host", HOST.encode()), (b"authorization", f"Bearer {bearer}".encode())],
            "client": ("127.0.0.1", 1),
            "extensions": {"websocket.http.response": {}},
        } | ({} if kind == "ws" else {"method": "GET"})

    async def receive(self) -> MutableMapping[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "websocket.connect"} if self.kind == "ws" else {"type": "http.request", "body": b""}
        await self.leave.wait()
        return {"type": "websocket.disconnect" if self.kind == "ws" else "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        await asyncio.sleep(0)  # as a network does: others come meanwhile
        if message["type"].endswith(("accept", "response.start", "close")) and not self.status:
            self.status = message.get("status", 200 if message["type"].endswith("accept") else 403)
            self.answered.set()
        self.detail += message.get("body", b"")


@pytest.mark.parametrize("kinds", [("ws",), ("sse",), ("ws", "sse")])
def test_an_account_has_so_many_streams_and_no_more_though_all_come_at_once(
    consoles: Consoles, monkeypatch: pytest.MonkeyPatch, kinds: tuple[str, ...]
) -> None:
    monkeypatch.setattr("stack.console.api.live.STREAMS_PER_ACCOUNT", 4)
    behind = Behind({"/api/v1/query": {"data": {"resultType": "vector", "result": []}}})

    async def open_all(console: Console, bearer: str) -> list[int]:
        streams = [Stream(kind, bearer) for kind in kinds for _ in range(8)]
        tasks = [asyncio.create_task(console.app(each.scope, each.receive, each.send)) for each in streams]
        async with asyncio.timeout(60):
            await asyncio.gather(*(each.answered.wait() for each in streams))
            for each in streams:
                each.leave.set()
            await asyncio.gather(*tasks)
        assert all(b"open streams" in each.detail for each in streams if each.status != 200)
        return [each.status for each in streams]

    async def act(console: Console) -> None:
        body = {"label": "streams", "systems": ["*"]}
        bearer = (await console.send("POST", "/api/v1/tokens", "ada", json=body)).json()["secret"]
        for _ in range(2):  # those of the first round have left, and count no longer
            told = await open_all(console, bearer)
            assert (told.count(200), told.count(429)) == (4, len(told) - 4)

    consoles.run(act, behind)


def test_of_the_tails_that_nobody_watches_only_the_latest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.console.upstream.tail.UNWATCHED", 3)
    queries = [LogQuery((("service", "=", f"s{number}"),)) for number in range(6)]

    async def act() -> None:
        async with NoTail().tails() as tails:
            watched = tails.get(queries[0])
            kept = watched.subscribe()
            for query in queries[1:]:
                tail = tails.get(query)
                tail.unsubscribe(tail.subscribe())
            assert set(tails.open) == {queries[0], *queries[3:]}
            # One that is watched again is none of them, and goes last when it is left once more.
            again = tails.get(queries[3])
            subscription = again.subscribe()
            watched.unsubscribe(kept)
            assert set(tails.open) == {queries[0], *queries[3:]}
            again.unsubscribe(subscription)
            assert set(tails.open) == {queries[0], queries[3], queries[5]}

    asyncio.run(act())


def test_a_tail_that_nobody_watches_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.console.upstream.tail.KEPT_S", 0.05)

    async def act() -> None:
        async with NoTail().tails() as tails, asyncio.timeout(60):
            tail = tails.get(QUERY)
            tail.unsubscribe(tail.subscribe())
            while tails.open:
                await asyncio.sleep(0.02)

    asyncio.run(act())


def test_a_long_query_is_checked_to_its_end(consoles: Consoles) -> None:
    """A scope that is checked on the beginning of a text does not hold for the whole."""
    behind = Behind({"/api/v1/query": {"data": {"resultType": "vector", "result": []}}})

    async def act(console: Console) -> None:
        for text in ('up{system="dante"}' + " " * 4000 + "or up", 'up{system="dante"} or up'):
            answer = await console.send("GET", "/api/v1/sse/metrics", "otto", params={"query": text})
            assert answer.status_code in (403, 422), answer.text
        assert behind.asked == []

    consoles.run(act, behind)


class NoTail:
    """A Loki that refuses every tail and answers queries."""

    def __init__(self) -> None:
        self.refused = self.queried = 0

    def answer(self, _: ServerConnection, request: Request) -> Response | None:
        if request.path.startswith("/loki/api/v1/tail"):
            self.refused += 1
            return Response(
                HTTPStatus.TOO_MANY_REQUESTS, "", _headers(), b"max concurrent tail requests limit exceeded"
            )
        self.queried += 1
        values = [[str(time.time_ns()), f"line {self.queried}", {}]]
        body = json.dumps({"data": {"result": [{"stream": {"service": "storage"}, "values": values}]}}).encode()
        return Response(HTTPStatus.OK, "", _headers(len(body)), body)

    @asynccontextmanager
    async def tails(self) -> AsyncIterator[Tails]:
        async def never(_: ServerConnection) -> None:
            return

        async with serve(never, "127.0.0.1", 0, process_request=self.answer) as server, Connections() as http:
            address = "http://{}:{}".format(*next(iter(server.sockets)).getsockname()[:2])
            tails = Tails(Loki(address, http), Telemetry())
            try:
                yield tails
            finally:
                await tails.stop()


def _headers(size: int | None = None) -> Any:
    headers = Headers({"Connection": "close"})
    if size is not None:
        headers["Content-Length"] = str(size)
    return headers


def test_lines_come_also_where_loki_allows_no_further_tail() -> None:
    async def act() -> None:
        loki = NoTail()
        async with loki.tails() as tails:
            subscription = tails.get(QUERY).subscribe()
            async with asyncio.timeout(60):
                while not (batch := await subscription.take(1)).lines:
                    pass
            assert batch.lines[0].line.text.startswith("line ")
            assert loki.refused == 1

    asyncio.run(act())


class Embedded:
    """What the stand-in for Loki answers, without its agent."""

    def __init__(self, *entries: LogEntry) -> None:
        self.stored = entries

    async def entries(self, query: str, start: int, end: int) -> list[LogEntry]:
        assert query == QUERY.streams
        return [each for each in self.stored if start <= each.timestamp_ns < end]


def entry(number: int, level: str = "info") -> LogEntry:
    labels = (("level", level), ("service", "storage"))
    return LogEntry(labels, T0 + number // 3, f"line {number} (a+b)", (("request_id", f"r{number}"),))


def test_the_stand_in_pages_counts_and_searches_as_loki_does() -> None:
    logs: Any = Embedded(*(entry(number, "error" if number % 5 == 0 else "info") for number in range(20)))
    source = StandInLogs(logs)

    async def act() -> None:
        seen, end = [], T0 + 100
        while True:
            page = await source.page(QUERY, T0, end, 4, "backward")
            seen += [line.text for line in page.lines]
            if not page.more:
                break
            end = page.lines[-1].time
        assert sorted(seen) == sorted(each.line for each in logs.stored)
        assert {labels["level"]: count for labels, count in await source.counts(QUERY, ("level",), T0, end + 99)} == {
            "error": 4,
            "info": 16,
        }
        for wanted, texts in (
            (LogFilter(contains=("line 1", "(a+b)")), 11),
            (LogFilter(excludes=("line 1",)), 9),
            (LogFilter(regex=("line 1[0-4] ",)), 5),
            (LogFilter(not_regex=("line 1[0-4] ",)), 15),
            (LogFilter(request_id="r7"), 1),
            (LogFilter(fields=(("request_id", "=", "r7"),)), 1),
            (LogFilter(fields=(("level", "!=", "error"),)), 16),
            (LogFilter(fields=(("no_such", "=", ""),)), 20),
        ):
            found = await source.page(LogQuery(QUERY.matchers, wanted), T0, T0 + 99, 100, "forward")
            assert len(found.lines) == texts, wanted
        with pytest.raises(Problem, match="without a real Loki"):
            await source.page(LogQuery(QUERY.matchers, LogFilter(regex=("(?s)x",))), T0, T0 + 9, 5, "forward")

    asyncio.run(act())


def test_a_client_that_was_away_for_long_is_sent_so_many_lines_and_told_of_the_rest(
    consoles: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.console.api.live.CAUGHT_UP", 10)
    pages = [[LogLine(T0 + 6 * page + at, {"service": "storage"}, {}, "x") for at in range(6)] for page in range(5)]
    asked = []

    async def everything(*_: Any) -> AsyncIterator[list[LogLine]]:
        for page in pages:
            asked.append(page)
            yield page

    async def act(console: Console) -> None:
        monkeypatch.setattr(console.app.state.loki, "all", everything)
        connection, _ = watching(console, "ada")
        async with aclosing(_log_messages(connection, QUERY, f"x.0.{T0 - 1}", 0)) as messages:
            told = [await anext(messages) for _ in range(4)]
        assert [len(each.get("lines", ())) for each in told] == [6, 6, 0, 0]
        assert told[2]["state"] == "live"
        assert "more than 10 lines were missed" in told[3]["state"]
        assert len(asked) == 3

    consoles.run(act)
