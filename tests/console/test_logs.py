"""Log lines: what becomes LogQL, pages without gaps, exports, and live tails that resume."""

import asyncio
import csv
import io
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from stack.console.api.logs import CSV_COLUMNS, FORMATS, FORMULA
from stack.console.telemetry import Telemetry
from stack.console.upstream.connections import Connections
from stack.console.upstream.logql import LogFilter, LogQuery, literal, one_of, quoted
from stack.console.upstream.loki import LogLine, Loki, encoded
from stack.console.upstream.tail import Batch, Tail, Tails
from stack.records.queries.logql import parse
from tests.console.conftest import Behind, Console, Consoles

T0 = 1_795_000_000_000_000_000


LABELS = st.dictionaries(st.sampled_from(["service", "system", "level", "pod"]), st.text(max_size=8), max_size=4)


@given(st.lists(st.tuples(LABELS, st.dictionaries(st.text(max_size=5), st.text(max_size=5)), st.text(max_size=30))))
def test_lines_are_encoded_and_put_into_a_table_as_the_libraries_do(
    given: list[tuple[dict[str, str], dict[str, str], str]],
) -> None:
    lines = [LogLine(T0 + at, *each) for at, each in enumerate(given)]
    assert [(line.id, orjson.dumps(line.shown())) for line in lines] == list(encoded(lines))
    text = io.StringIO()
    cells = [[line.time, *(line.labels.get(key, "") for key in CSV_COLUMNS[1:-1]), line.text] for line in lines]
    csv.writer(text).writerows(
        [[f"'{cell}" if str(cell).startswith(FORMULA) else cell for cell in row] for row in cells]
    )
    assert FORMATS["csv"][0](lines) == text.getvalue().encode()


@given(st.text(max_size=60))
@example("\\r")
def test_any_text_stays_one_string(text: str) -> None:
    """A quoted text has no end but its own, and reads back as itself."""
    inside = quoted(text)[1:-1]
    assert re.fullmatch(r'(?:[^"\\\n\r]|\\["\\nrt]|\\U[0-9a-f]{8})*', inside)
    # In one pass: a backslash that was read must not begin an escape with what follows it.
    named = {"n": "\n", "r": "\r", "t": "\t"}
    plain = re.sub(
        r"\\U([0-9a-f]{8})|\\(.)",
        lambda match: chr(int(match[1], 16)) if match[1] else named.get(match[2], match[2]),
        inside,
    )
    assert plain == text.encode("utf-8", "replace").decode()


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=3), st.text(max_size=20))
def test_the_value_of_a_matcher_matches_itself_only(values: list[str], other: str) -> None:
    _, operator, pattern = one_of("service", values)
    if operator == "=":
        assert pattern == values[0]
    else:
        assert all(re.fullmatch(pattern, value, re.DOTALL) for value in values)
        assert bool(re.fullmatch(pattern, other, re.DOTALL)) == (other in values)


@given(st.text(min_size=1, max_size=30))
def test_a_query_of_hostile_text_has_the_shape_that_was_meant(text: str) -> None:
    fields = (("host", "=", text), ("level", "!=", text))
    wanted = LogFilter(contains=(text,), excludes=(text,), request_id=text, fields=fields)
    parsed = parse(str(LogQuery((("service", "=", text), ("system", "=", "dante")), wanted)))
    assert not parsed.error
    assert [[matcher.name for matcher in each] for each in parsed.selectors] == [["service", "system"]]


@pytest.mark.parametrize("condition", ["host", "ho st=a", "=a", 'a="b"} | json | x=1', ""])
def test_a_condition_on_a_label_has_the_name_of_a_label(consoles: Consoles, condition: str) -> None:
    async def act(console: Console) -> httpx.Response:
        return await console.send("GET", "/api/v1/logs/storage", "ada", params={"field": condition})

    refused = consoles.run(act)
    accepted = condition.startswith('a="')  # what follows the first sign of equality is the value, whatever it says
    assert refused.status_code == (404 if accepted else 422)


def line(number: int, at: int, text: str = "") -> LogLine:
    return LogLine(at, {"service": "storage", "system": "dante", "level": "info"}, {}, text or f"line {number}")


def stored(lines: list[LogLine], asked: httpx.Request) -> httpx.Response:
    """Answer as Loki does: in the range, in the order of the direction, cut at the limit."""
    start, end, limit = (int(asked.url.params[name]) for name in ("start", "end", "limit"))
    back = asked.url.params["direction"] == "backward"
    found = sorted((each for each in lines if start <= each.time < end), key=lambda each: each.time, reverse=back)
    values = [[str(each.time), each.text, {}] for each in found[:limit]]
    streams = [{"stream": dict(lines[0].labels), "values": values}] if values else []
    return httpx.Response(200, content=orjson.dumps({"data": {"resultType": "streams", "result": streams}}))


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("same", [1, 3, 7])
def test_pages_have_every_line_once_though_many_share_a_nanosecond(
    consoles: Consoles, direction: str, same: int
) -> None:
    lines = [line(number, T0 + number // same) for number in range(40)]
    behind = Behind({"/loki/api/v1/query_range": lambda asked: stored(lines, asked)})

    async def act(console: Console) -> list[str]:
        seen, cursor = [], None
        while True:
            parameters: dict[str, Any] = {"start": str(T0), "end": str(T0 + 100), "limit": 5, "direction": direction}
            page = (
                await console.send(
                    "GET", "/api/v1/logs/storage", "ada", params=parameters | ({"cursor": cursor} if cursor else {})
                )
            ).json()
            seen += [each["line"] for each in page["lines"]]
            cursor = page["next"]
            assert page["stopped"] == ("limit" if cursor else "end of range")
            if not cursor:
                return seen

    seen = consoles.run(act, behind)
    assert sorted(seen) == sorted(each.text for each in lines)


def test_an_export_is_every_stored_line_and_no_formula(consoles: Consoles) -> None:
    lines = [line(number, T0 + number * 10) for number in range(12_000)]
    lines[5] = line(5, T0 + 50, "=cmd|' /C calc'!A0")
    behind = Behind({"/loki/api/v1/query_range": lambda asked: stored(lines, asked)})

    async def act(console: Console) -> None:
        parameters = {"start": str(T0), "end": str(T0 + 10**9)}
        for form in ("txt", "jsonl", "csv"):
            answer = await console.send(
                "GET", "/api/v1/logs/storage/export", "ada", params=parameters | {"format": form}
            )
            rows = answer.text.splitlines()
            if form == "txt":
                assert rows == [each.text for each in lines]
            elif form == "jsonl":
                assert [json.loads(row)["line"] for row in rows] == [each.text for each in lines]
            else:
                assert len(rows) == len(lines) + 1
                assert rows[6].endswith(",'=cmd|' /C calc'!A0")
            newest = next(console.app.state.guard.audit.newest())
            assert (newest["event"], newest["target"], newest["details"]["format"]) == (
                "sensitive_read",
                "storage",
                form,
            )

    consoles.run(act, behind)


def test_an_export_that_breaks_is_not_taken_for_complete(consoles: Consoles) -> None:
    lines = [line(number, T0 + number * 10) for number in range(6000)]
    behind = Behind()

    def broken_later(asked: httpx.Request) -> httpx.Response:
        return stored(lines, asked) if len(behind.asked) == 1 else httpx.Response(500, text="broken")

    behind.answers["/loki/api/v1/query_range"] = broken_later

    async def act(console: Console) -> None:
        transport = httpx.ASGITransport(console.app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4080") as http:
            with pytest.raises(RuntimeError, match="already started"):
                await http.get(
                    "/api/v1/logs/storage/export",
                    params={"start": str(T0), "end": str(T0 + 10**9)},
                    auth=("ada", "Kiwi-tree-42-moon"),
                )

    consoles.run(act, behind)


class FakeTail:
    """A Loki whose tail sends what is put into it to every client, and can hang up; `stored` is found by queries."""

    def __init__(self) -> None:
        self.clients: set[ServerConnection] = set()
        self.opened = 0
        self.kept: list[dict[str, Any]] = []
        self.stored: list[LogLine] = []

    async def __call__(self, socket: ServerConnection) -> None:
        self.opened += 1
        self.clients.add(socket)
        for frame in self.kept:
            await socket.send(json.dumps(frame))
        try:
            await socket.wait_closed()
        finally:
            self.clients.discard(socket)

    async def put(self, *lines: LogLine, dropped: int = 0) -> None:
        streams = [{"stream": dict(each.labels), "values": [[str(each.time), each.text, {}]]} for each in lines]
        frame: dict[str, Any] = {"streams": streams, "dropped_entries": [{}] * dropped or None}
        self.kept.append(frame | {"dropped_entries": None})
        for client in list(self.clients):
            await client.send(json.dumps(frame))

    async def hang_up(self) -> None:
        for client in list(self.clients):
            await client.close()

    @asynccontextmanager
    async def tails(self) -> AsyncIterator[Tails]:
        def query(connection: ServerConnection, request: Request) -> Response | None:
            if "/tail" in request.path:
                return None
            asked = httpx.Request("GET", f"http://loki{request.path}")
            return connection.respond(HTTPStatus.OK, stored(self.stored, asked).text)

        async with serve(self, "127.0.0.1", 0, process_request=query) as server, Connections() as http:
            address = "http://{}:{}".format(*next(iter(server.sockets)).getsockname()[:2])
            tails = Tails(Loki(address, http), Telemetry())
            try:
                yield tails
            finally:
                await tails.stop()


async def numbers(subscription: Any, count: int) -> tuple[list[int], list[Batch]]:
    got: list[int] = []
    batches = []
    async with asyncio.timeout(20):
        while len(got) < count:
            batches.append(await subscription.take(5))
            got += [each.number for each in batches[-1].lines]
    return got, batches


QUERY = LogQuery((("service", "=", "storage"),))


def test_all_who_watch_a_query_share_one_tail_that_survives_a_cut_without_doubles() -> None:
    async def act() -> None:
        loki = FakeTail()
        async with loki.tails() as tails:
            tail = tails.get(QUERY)
            first, second = tail.subscribe(), tails.get(QUERY).subscribe()
            await tail.started.wait()
            await loki.put(line(1, T0), line(2, T0 + 1))
            assert (await numbers(first, 2))[0] == [1, 2]
            assert (await numbers(second, 2))[0] == [1, 2]
            assert loki.opened == 1
            await loki.hang_up()
            async with asyncio.timeout(20):
                while loki.opened < 2:
                    await asyncio.sleep(0.01)
            await loki.put(line(3, T0 + 2))  # after the old lines came once more
            assert (await numbers(first, 1))[0] == [3]
            assert [each.number for each in tail.since(1) or []] == [2, 3]
            assert tail.since(99) is None

    asyncio.run(act())


def test_what_came_while_the_tail_was_cut_is_read_from_the_store_before_it_goes_on() -> None:
    async def act() -> None:
        loki, now = FakeTail(), time.time_ns()
        async with loki.tails() as tails:
            tail = tails.get(QUERY)
            watching = tail.subscribe()
            await tail.started.wait()
            await loki.put(line(0, now))
            assert (await numbers(watching, 1))[0] == [1]
            # More than a tail begins with, and all of them before the connection is there again.
            loki.stored = [line(number, now + number) for number in range(6000)]
            await loki.hang_up()
            got, batches = await numbers(watching, 5000)
            assert got[-1] == 6000
            assert len(got) + sum(each.dropped_slow for each in batches) == 5999

    asyncio.run(act())


def test_lines_that_loki_or_a_slow_client_left_out_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.console.upstream.tail.WAITING", 10)

    async def act() -> None:
        loki = FakeTail()
        async with loki.tails() as tails:
            tail: Tail = tails.get(QUERY)
            slow = tail.subscribe()
            await tail.started.wait()
            await loki.put(*(line(number, T0 + number) for number in range(25)), dropped=4)
            got, batches = await numbers(slow, 10)
            assert got == list(range(16, 26))
            assert (batches[0].dropped_slow, batches[0].dropped_loki) == (15, 4)

    asyncio.run(act())


def test_literal_text_is_escaped_for_re2_only_where_it_must_be() -> None:
    assert literal("a.b-c/d é") == "a\\.b-c/d é"
