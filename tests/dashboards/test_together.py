"""Queries of panels that are sent to Grafana in one request, and what is sent once more alone."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest

from stack.clients.grafana import GrafanaClient
from stack.records.dashboards.answers import QueryResult
from suites.dashboards.collect import together
from suites.dashboards.collect.together import MOST, Together

Request = list[tuple[str, str]]
"""What one request asked: pairs of refId and expression."""


def ask(exprs: Sequence[tuple[str, tuple[int, int]]], refused: str = "") -> tuple[list[QueryResult], list[Request]]:
    """Ask for all at once; a request that holds `refused` with others is refused as a whole."""
    seen: list[Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        queries = json.loads(request.content)["queries"]
        seen.append([(query["refId"], query["expr"]) for query in queries])
        if len(queries) > 1 and any(query["expr"] == refused for query in queries):
            return httpx.Response(400, json={"message": "bad request data"})
        return httpx.Response(207, json={"results": {query["refId"]: result(query["expr"]) for query in queries}})

    async def run() -> list[QueryResult]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as http:
            one = Together(GrafanaClient("http://grafana.test", http, None))
            return await asyncio.gather(*(one.query({"refId": "A", "expr": expr}, span) for expr, span in exprs))

    return asyncio.run(run()), seen


def result(expr: str) -> Mapping[str, Any]:
    if expr.startswith("bad"):
        return {"status": 400, "error": f"parse error in {expr}"}
    fields = [{"name": "time", "type": "time"}, {"name": "value", "type": "number"}]
    count = int(expr)
    return {"frames": [{"schema": {"fields": fields}, "data": {"values": [[0] * count, [1] * count]}}]}


def test_queries_over_one_time_go_into_one_request_and_each_gets_its_own_answer() -> None:
    answers, seen = ask([("1", (0, 60)), ("2", (0, 60)), ("3", (0, 90))])
    assert [answer.values for answer in answers] == [1, 2, 3]
    assert sorted(seen) == [[("A", "3")], [("Q0", "1"), ("Q1", "2")]]
    assert all(answer.seconds > 0 for answer in answers)


def test_a_request_holds_a_bounded_number_of_queries() -> None:
    answers, seen = ask([(str(number), (0, 60)) for number in range(MOST + 2)])
    assert [answer.values for answer in answers] == list(range(MOST + 2))
    assert sorted(map(len, seen)) == [2, MOST]


def test_what_fails_in_company_is_asked_alone_and_the_others_are_not() -> None:
    answers, seen = ask([("1", (0, 60)), ("bad", (0, 60))])
    assert [(answer.values, answer.error) for answer in answers] == [(1, None), (0, "parse error in bad")]
    assert seen == [[("Q0", "1"), ("Q1", "bad")], [("A", "bad")]]


def test_each_is_asked_alone_where_grafana_refuses_all_because_of_one() -> None:
    answers, seen = ask([("1", (0, 60)), ("bad", (0, 60))], refused="bad")
    assert [(answer.values, answer.error) for answer in answers] == [(1, None), (0, "parse error in bad")]
    assert seen[1:] == [[("A", "1")], [("A", "bad")]]


def test_each_is_timed_alone_where_all_together_are_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "ALONE_S", 0.0)
    answers, seen = ask([("1", (0, 60)), ("2", (0, 60))])
    assert [answer.values for answer in answers] == [1, 2]
    assert seen == [[("Q0", "1"), ("Q1", "2")], [("A", "1")], [("A", "2")]]


def test_what_breaks_reaches_whoever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> Mapping[str, QueryResult]:
        raise RuntimeError("broken")

    monkeypatch.setattr(GrafanaClient, "query", broken)
    with pytest.raises(RuntimeError, match="broken"):
        ask([("1", (0, 60))])
