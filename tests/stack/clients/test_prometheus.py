"""The Prometheus client against odd answers, and many callers at once."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from stack.clients.prometheus import PrometheusClient, PrometheusError
from suites.metrics.collect.prometheus import of_service

TARGET = {
    "labels": {"job": "a", "instance": "h:1"},
    "health": "up",
    "scrapeUrl": "http://h:1/metrics",
    "lastError": "",
    "lastScrapeDuration": 0.01,
    "scrapeInterval": "15s",
    "scrapeTimeout": "10s",
    "lastScrape": "0001-01-01T00:00:00Z",
}


def answering(handler: Callable[[httpx.Request], httpx.Response]) -> PrometheusClient:
    return PrometheusClient("http://prometheus/", httpx.AsyncClient(transport=httpx.MockTransport(handler)))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (httpx.Response(502, text="<html>Bad gateway</html>"), "502 <html>Bad gateway</html>"),
        (httpx.Response(200, text="null"), "200 null"),
        (httpx.Response(200, json={"status": "success"}), "200 {"),
        (httpx.Response(422, json={"status": "error", "errorType": "execution", "error": "boom"}), "execution: boom"),
    ],
)
def test_a_malformed_answer_is_an_error_with_what_came_back(answer: httpx.Response, message: str) -> None:
    with pytest.raises(PrometheusError) as caught:
        asyncio.run(answering(lambda _: answer).build_info())
    assert str(caught.value).startswith("http://prometheus/api/v1/status/buildinfo: ")
    assert message in str(caught.value)


def test_many_callers_share_one_answer() -> None:
    requests = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        return httpx.Response(200, json={"status": "success", "data": {"activeTargets": [TARGET]}})

    async def run() -> None:
        client = answering(handler)
        answers = await asyncio.gather(*(client.targets(max_age_s=5) for _ in range(50)))
        assert {answer[0].job for answer in answers} == {"a"}
        assert answers[0][0].last_scrape == 0.0
        assert of_service(answers[0], "http://elsewhere:1/metrics", "a") == answers[0]
        assert of_service(answers[0], "http://elsewhere:1/metrics", "b") == ()

    asyncio.run(run())
    assert len(requests) == 1
