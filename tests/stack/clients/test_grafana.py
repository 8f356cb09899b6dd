"""Grafana's client, and the queries of panels sent directly to Prometheus and Loki."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pytest

from stack.clients.grafana import GrafanaClient, GrafanaError, NoSuchCheck
from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient
from stack.clients.server_client import QueryClient, ServerError
from stack.records.dashboards.answers import QueryResult

T = TypeVar("T")
Reply = Callable[[httpx.Request], httpx.Response]
URL = "http://grafana.test/grafana"


def with_grafana(reply: Reply, question: Callable[[GrafanaClient], Awaitable[T]], sign_in: bool = True) -> T:
    async def run() -> T:
        async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as http:
            return await question(GrafanaClient(f"{URL}/", http, ("me", "secret") if sign_in else None))

    return asyncio.run(run())


def direct(
    client: type[PrometheusClient | LokiClient], reply: Reply, question: Callable[[QueryClient], Awaitable[T]]
) -> T:
    async def run() -> T:
        async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as http:
            return await question(client("http://store.test/", http))

    return asyncio.run(run())


def replying(body: Any, status: int = 200) -> Reply:
    return lambda _: httpx.Response(status, json=body)


def frame(fields: list[str], values: list[list[Any]]) -> dict[str, Any]:
    return {"schema": {"fields": [{"name": kind, "type": kind} for kind in fields]}, "data": {"values": values}}


@pytest.mark.parametrize(
    ("frames", "answer"),
    [
        ([], QueryResult()),
        ([frame(["time", "number"], [[], []])], QueryResult(series=1)),
        ([frame(["time", "number"], [[1, 2, 3], [4, None, 0]])], QueryResult(1, 2)),
        ([frame(["time", "number"], [[1], [None]]), frame(["time", "number"], [[1], [2]])], QueryResult(2, 1)),
        ([frame(["other", "time", "string", "string"], [[{}], [1], ["line"], ["0"]])], QueryResult(1, 1)),
        ([{}, "odd"], QueryResult()),
    ],
)
def test_counts_what_can_be_drawn(frames: list[Any], answer: QueryResult) -> None:
    found = with_grafana(replying({"results": {"A": {"status": 200, "frames": frames}}}), lambda it: it.query([], 0, 1))
    assert found == {"A": answer}


def test_a_refused_query_has_the_datasources_own_error() -> None:
    body = {"results": {"A": {"error": "parse error: unclosed left parenthesis", "status": 400}}}
    found = with_grafana(replying(body, 400), lambda it: it.query([{"refId": "A"}], 0, 1))
    assert found["A"].error == "parse error: unclosed left parenthesis"


def test_queries_are_sent_with_the_time_range_and_credentials() -> None:
    seen: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"results": {"B": {"frames": []}}})

    with_grafana(reply, lambda it: it.query([{"refId": "B"}], 5, 10))
    assert str(seen[0].url) == f"{URL}/api/ds/query"
    assert json.loads(seen[0].content) == {"queries": [{"refId": "B"}], "from": "5", "to": "10"}
    assert seen[0].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (replying({"message": "bad request data"}, 400), "/api/ds/query: bad request data"),
        (lambda _: httpx.Response(502, text="<html>Bad\n gateway"), "not JSON: 502 <html>Bad gateway"),
        (lambda _: httpx.Response(200, text="[" * 100_000), "not JSON: 200 [[["),
        (replying([1]), "expected a JSON object, got 200 [1]"),
    ],
)
def test_a_malformed_answer_to_queries_is_an_error(reply: Reply, text: str) -> None:
    with pytest.raises(GrafanaError) as caught:
        with_grafana(reply, lambda it: it.query([], 0, 1))
    assert str(caught.value).startswith(URL)
    assert text in str(caught.value)


def test_no_answer_is_an_error() -> None:
    def reply(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(GrafanaError, match=r"api/datasources: no answer \(refused\)"):
        with_grafana(reply, lambda it: it.datasources())


def test_dashboards_by_uid() -> None:
    body = {"dashboard": {"title": "S"}, "meta": {"provisioned": True, "provisionedExternalId": "s.json"}}
    found = with_grafana(replying(body), lambda it: it.dashboard("s"))
    assert found is not None
    assert (found.model["title"], found.provisioned, found.file) == ("S", True, "s.json")
    assert with_grafana(replying({"message": "Dashboard not found"}, 404), lambda it: it.dashboard("s")) is None
    with pytest.raises(GrafanaError, match="refuses the credentials of this run"):
        with_grafana(replying({"message": "Invalid username or password"}, 401), lambda it: it.dashboard("s"))


def test_datasources_and_their_health() -> None:
    assert with_grafana(replying([{"uid": "loki"}, 1]), lambda it: it.datasources()) == ({"uid": "loki"},)
    with pytest.raises(GrafanaError, match="expected a JSON list"):
        with_grafana(replying({"uid": "loki"}), lambda it: it.datasources())
    assert with_grafana(replying({"status": "OK", "message": "fine"}), lambda it: it.datasource_problem("x")) is None
    down = replying({"status": "ERROR", "message": "connection refused"}, 400)
    assert with_grafana(down, lambda it: it.datasource_problem("x")) == "connection refused"


def test_a_release_that_cannot_check_a_datasource() -> None:
    with pytest.raises(NoSuchCheck, match="no check of its own"):
        with_grafana(replying({"message": "Not found"}, 404), lambda it: it.datasource_problem("x"))
    gone = replying({"message": "Data source not found"}, 404)
    assert with_grafana(gone, lambda it: it.datasource_problem("x")) == "Data source not found"


def test_a_resource_is_read_through_grafana() -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/grafana/api/datasources/uid/prometheus/resources/api/v1/label/job/values"
        assert request.url.params["match[]"] == "up"
        return httpx.Response(200, json={"status": "success", "data": ["a"]})

    def question(it: GrafanaClient) -> Awaitable[Any]:
        return it.resource("prometheus", "api/v1/label/job/values", **{"match[]": "up"})

    assert with_grafana(reply, question) == ["a"]
    with pytest.raises(GrafanaError, match="bad_data"):
        with_grafana(replying({"status": "error", "error": "bad_data"}), question)


@pytest.mark.parametrize("status", [200, 401, 403, 302, 429])
def test_access(status: int) -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        assert ("authorization" in request.headers) == (request.url.path == "/grafana/api/user")
        return httpx.Response(status, headers={"location": "/grafana/login"} if status == 302 else {})

    assert with_grafana(reply, lambda it: it.access_status("/api/search", None)) == status
    assert with_grafana(reply, lambda it: it.access_status("/api/user", ("admin", "admin")), sign_in=False) == status


def test_a_failing_grafana_has_no_access_status() -> None:
    with pytest.raises(GrafanaError, match="500 oops"):
        with_grafana(lambda _: httpx.Response(500, text="oops"), lambda it: it.access_status("/api/search", None))


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        ({"resultType": "matrix", "result": []}, QueryResult()),
        ({"resultType": "matrix", "result": [{"values": [[1, "1"], [2, "NaN"], [3, "+Inf"]]}]}, QueryResult(1, 2)),
        ({"resultType": "vector", "result": [{"value": [1, "NaN"]}, {"value": [1, "0"]}]}, QueryResult(2, 1)),
        ({"resultType": "scalar", "result": [1, "7"]}, QueryResult(1, 1)),
        ({"resultType": "streams", "result": [{"values": [["1", "x"], ["2", "y"]]}]}, QueryResult(1, 2)),
        ({"resultType": "matrix", "result": ["odd", {}]}, QueryResult(1)),
        (None, QueryResult()),
    ],
)
def test_direct_answers_are_counted(data: Any, answer: QueryResult) -> None:
    reply = replying({"status": "success", "data": data})
    assert direct(PrometheusClient, reply, lambda it: it.answer("x", 0, 60, 15, instant=False)) == answer


def test_loki_is_queried_for_few_lines_below_its_own_path() -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/loki/api/v1/query_range"
        assert request.url.params["limit"] == "200"
        return httpx.Response(400, text="parse error at line 1")

    found = direct(LokiClient, reply, lambda it: it.answer("{", 0, 60, 5, instant=False))
    assert found.error == "400 parse error at line 1"


def test_the_reason_of_an_error_is_the_servers_own_message() -> None:
    reply = replying({"status": "error", "errorType": "bad_data", "error": "no such thing"}, 400)
    with pytest.raises(ServerError, match=r"^http://store.test/api/v1/labels: bad_data: no such thing$") as caught:
        direct(PrometheusClient, reply, lambda it: it.data("labels"))
    assert caught.value.reason == "no such thing"
