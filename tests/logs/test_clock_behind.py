"""A service whose clock is behind is told from one that has stopped to log: its lines arrive, with times of earlier."""

import asyncio
import time
from itertools import count

import httpx
import pytest

from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient
from stack.records.logs.stored import StoredActivity
from suites.core.discovery import rules
from suites.logs.collect import stored
from suites.logs.collect.emitted import LogContract
from suites.logs.collect.served import FAILED
from suites.logs.collect.stored import StoredContract, stored_streams

CONTRACT = StoredContract(LogContract("shop", None), {"app": "shop"}, {}, address="shop:1")
BEHIND = 'lines of `{app="shop"}` arrive with times 120 min back: its clock is behind or its agent late'
NO_LINE = 'no line of `{app="shop"}` within 60 min, in which it served 70 requests'


def said(back_s: float | None, *, writes: bool, served: str = "70") -> tuple[list[str], int]:
    """What is said of a service with lines of this age or none, and how often the time before its window was read."""
    now, lines, asked = time.time(), count(), count()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/targets":
            target = {
                "labels": {"job": "shop", "instance": "shop:1"}, "health": "up", "scrapeUrl": "http://shop:1/metrics",
                "lastError": "", "lastScrapeDuration": 0, "scrapeInterval": "15s", "scrapeTimeout": "10s",
                "lastScrape": "2026-11-28T07:00:00Z",
            }  # fmt: skip
            return httpx.Response(200, json={"status": "success", "data": {"activeTargets": [target]}})
        if request.url.path == "/api/v1/query":
            result = [{"metric": {"__name__": "shop_requests_total", FAILED: "no"}, "value": [0, served]}]
            return httpx.Response(200, json={"status": "success", "data": {"resultType": "vector", "result": result}})
        if request.url.path.endswith("/series"):
            return httpx.Response(200, json={"status": "success", "data": []})
        values = []
        if now - int(request.url.params["start"]) / 1e9 > 2 * CONTRACT.window_s:
            next(asked)
            if back_s is not None:
                at = now - back_s + (next(lines) if writes else 0)
                values = [{"stream": {"app": "shop"}, "values": [[str(int(at * 1e9)), "line"]]}]
        return httpx.Response(200, json={"status": "success", "data": {"resultType": "streams", "result": values}})

    async def collected() -> StoredActivity:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            loki, prometheus = LokiClient("http://l", http), PrometheusClient("http://p", http)
            (activity,) = (await stored_streams(loki, CONTRACT, prometheus))[StoredActivity]  # type: ignore[misc]
            assert isinstance(activity, StoredActivity)
            return activity

    activity = asyncio.run(collected())
    if activity.requests == 0:
        return [], next(asked)
    return [one.message for one in rules()["logs/lines-stored-while-serving"].judge(activity)], next(asked)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "ARRIVE_S", 0.05)
    monkeypatch.setattr(stored, "PAUSE_S", 0.01)


def test_lines_that_arrive_with_old_times_are_the_clock() -> None:
    assert said(7200, writes=True) == ([BEHIND], 2)


def test_old_lines_alone_are_not() -> None:
    assert said(7200, writes=False)[0] == [NO_LINE]
    assert said(None, writes=False) == ([NO_LINE], 1)


def test_lines_that_arrive_with_times_of_the_window_are_not() -> None:
    assert said(30, writes=True)[0] == [NO_LINE]


def test_no_wider_look_is_taken_at_a_service_that_served_nothing() -> None:
    assert said(7200, writes=True, served="0") == ([], 0)


def test_a_prometheus_that_refuses_does_not_say_that_there_is_no_counter() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "p":
            return httpx.Response(403, text="no access")
        data = [] if request.url.path.endswith("/series") else {"resultType": "streams", "result": []}
        return httpx.Response(200, json={"status": "success", "data": data})

    async def collected() -> object:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            loki, prometheus = LokiClient("http://l", http), PrometheusClient("http://p", http)
            return (await stored_streams(loki, CONTRACT, prometheus))[StoredActivity]

    assert asyncio.run(collected()) == [StoredActivity('{app="shop"}', CONTRACT.window_s, refused=True)]
