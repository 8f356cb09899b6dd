"""Loki's client: pages by time, keeps structured metadata apart, and names what went wrong."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from stack.clients.log_reader import LogStoreError
from stack.clients.loki import LokiClient
from stack.records.logs.entry import LogEntry
from tests.fidelity.real import needs_real_servers, real_logs

T = TypeVar("T")
Answer = Callable[[httpx.Request], httpx.Response]
LABELS = (("service", "x"),)


def with_loki(answer: Answer, question: Callable[[LokiClient], Any], page: int = 5000) -> Any:
    async def run() -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            return await question(LokiClient("http://loki:3100/", http, page))

    return asyncio.run(run())


def store(entries: list[LogEntry]) -> Answer:
    """Answer queries as Loki does: from `start` on, before `end`, at most `limit`, oldest first."""

    def answer(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        within = [one for one in entries if int(query["start"]) <= one.timestamp_ns < int(query["end"])]
        page = sorted(within, key=lambda one: one.timestamp_ns)[: int(query["limit"])]
        assert request.headers["X-Loki-Response-Encoding-Flags"] == "categorize-labels"
        result = [
            {
                "stream": dict(one.labels),
                "values": [
                    [
                        str(one.timestamp_ns),
                        one.line,
                        {"structuredMetadata": dict(one.metadata)} if one.metadata else {},
                    ]
                ],
            }
            for one in page
        ]
        return httpx.Response(200, json={"status": "success", "data": {"resultType": "streams", "result": result}})

    return answer


@pytest.mark.parametrize("page", [4, 5, 100])
def test_reads_all_lines_page_by_page_though_some_share_a_time(page: int) -> None:
    times = [1, 2, 2, 2, 3, 4, 4, 5, 6, 7, 7, 9]
    entries = [LogEntry(LABELS, at, f"line {number}", (("id", str(number)),)) for number, at in enumerate(times)]
    assert with_loki(store(entries), lambda loki: loki.entries("{}", 0, 10), page) == entries


def test_a_page_full_of_one_time_is_an_error_and_no_loss() -> None:
    entries = [LogEntry(LABELS, 7, f"line {number}") for number in range(4)]
    with pytest.raises(LogStoreError, match=r"3 lines of `\{\}` or more share the time 7"):
        with_loki(store(entries), lambda loki: loki.entries("{}", 0, 10), 3)


def test_reads_metadata_apart_from_labels() -> None:
    entry = LogEntry(LABELS, 1, "a", (("request_id", "r"),))
    assert with_loki(store([entry]), lambda loki: loki.entries("{}", 0, 2)) == [entry]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (httpx.Response(400, text="parse error at\nline 1"), "/loki/api/v1/query_range: 400 parse error at line 1"),
        (httpx.Response(200, text="<html>"), "/loki/api/v1/query_range: 200 <html>"),
        (httpx.Response(200, json=[]), "/loki/api/v1/query_range: 200 []"),
        (
            httpx.Response(200, json={"status": "success", "data": {"resultType": "matrix"}}),
            "`{}` is not a log query: it yields `matrix`",
        ),
        (httpx.Response(200, json={"status": "success"}), "`{}` is not a log query: it yields nothing"),
    ],
)
def test_a_malformed_answer_is_an_error_with_what_came_back(answer: httpx.Response, message: str) -> None:
    with pytest.raises(LogStoreError) as caught:
        with_loki(lambda _: answer, lambda loki: loki.entries("{}", 0, 2))
    assert message in str(caught.value)


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("All connection attempts failed", request=request)


def test_no_answer_is_an_error() -> None:
    with pytest.raises(LogStoreError, match=r"labels: no answer \(All connection attempts failed\)"):
        with_loki(refuse, lambda loki: loki.label_names(0, 1))


def test_pushes_streams_with_metadata() -> None:
    pushed = []

    def answer(request: httpx.Request) -> httpx.Response:
        pushed.append(json.loads(request.content))
        return httpx.Response(204)

    with_loki(answer, lambda loki: loki.push([LogEntry(LABELS, 1, "a"), LogEntry(LABELS, 2, "b", (("id", "1"),))]))
    assert pushed == [{"streams": [{"stream": {"service": "x"}, "values": [["1", "a"], ["2", "b", {"id": "1"}]]}]}]


@pytest.mark.native
@needs_real_servers()
def test_on_a_real_loki(tmp_path: Path) -> None:
    now = time.time_ns()
    entries = [
        LogEntry(
            (("level", ["info", "warn"][number % 2]), ("service", "x")),
            now + number // 3,
            f'{{"n":{number}}}',
            (("id", str(number)),),
        )
        for number in range(40)
    ]
    plain = LogEntry((("level", "info"), ("service", "x")), now + 100, "plain")
    window = (now - 10**9, now + 10**9)

    async def run() -> None:
        async with httpx.AsyncClient(timeout=120) as http:
            loki = LokiClient(real.url, http, page=7)
            assert (await loki.build_info())["version"] == "3.6.15"
            assert (await loki.config())["limits_config"]["retention_period"] == "1w"
            await loki.push([*entries, plain])
            assert sorted(await loki.entries('{service="x"}', *window), key=lambda one: one.line) == sorted(
                [*entries, plain], key=lambda one: one.line
            )
            assert await loki.json_errors('{service="x"}', *window) == [plain]
            assert await loki.label_names(*window) == ["level", "service"]
            assert await loki.series(['{level="warn"}', '{level="none"}'], *window) == [entries[1].labels]
            with pytest.raises(LogStoreError, match=r"400 .*has timestamp too old"):
                await loki.push([LogEntry(LABELS, now - 8 * 86400 * 10**9, "old")])

    with real_logs(tmp_path) as real:
        asyncio.run(run())
