"""What is of a moment is repeated, at most twice, and reported; what says something about the server is not."""

import asyncio
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from stack.clients import retries
from stack.clients.prometheus import PrometheusClient
from stack.clients.retries import RETRIES
from stack.clients.server_client import ServerClient, ServerError
from suites.core.health import unanswered

URL = "http://h:1/api"
REFUSED, LOST = httpx.ConnectError("refused"), httpx.ReadError("reset")
FORGED = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
FORGED.__cause__ = ssl.SSLError()
Outcome = httpx.TransportError | int


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The pauses, which take no time here; nothing is left of them for other tests."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    monkeypatch.setattr("time.sleep", waited.append)
    RETRIES.take()  # what other tests left
    yield waited
    RETRIES.take()
    RETRIES.ended(URL, [], answered=True)


def tried(method: str, outcomes: list[Outcome], *, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """How often a request was sent whose tries end like this, and the status or exception that came of it."""
    left = [*outcomes]

    def handle(_request: httpx.Request) -> httpx.Response:
        outcome = left.pop(0)
        if isinstance(outcome, int):
            return httpx.Response(outcome, headers=headers)
        raise outcome

    async def send() -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as http:
            try:
                return (await ServerClient("http://h:1", http).send(method, "/api")).status_code
            except ServerError as failed:
                return failed.__cause__

    result = asyncio.run(send())
    return len(outcomes) - len(left), result


@pytest.mark.parametrize(
    ("method", "outcomes", "tries", "result", "reported"),
    [
        ("GET", [200], 1, 200, []),
        ("GET", [500], 1, 500, []),
        ("GET", [404], 1, 404, []),
        ("GET", [httpx.ReadTimeout("slow")], 1, httpx.ReadTimeout, []),
        ("GET", [FORGED], 1, httpx.ConnectError, []),
        ("GET", [REFUSED, 200], 2, 200, ["1 request to http://h:1 repeated (no connection), 1 answered then"]),
        ("GET", [REFUSED, 500], 2, 500, ["1 request to http://h:1 repeated (no connection), 1 answered then"]),
        ("GET", [LOST, LOST, 200], 3, 200, ["1 request to http://h:1 repeated (connection lost), 1 answered then"]),
        ("POST", [LOST], 1, httpx.ReadError, []),
        ("POST", [REFUSED, 204], 2, 204, ["1 request to http://h:1 repeated (no connection), 1 answered then"]),
        ("GET", [429, 200], 2, 200, ["1 request to http://h:1 repeated (429 Too Many Requests), 1 answered then"]),
        ("GET", [429] * 3, 3, 429, ["1 request to http://h:1 repeated (429 Too Many Requests), 0 answered then"]),
        (
            "GET",
            [REFUSED] * 3,
            3,
            httpx.ConnectError,
            ["1 request to http://h:1 repeated (no connection), 0 answered then"],
        ),
    ],
)
def test_only_what_is_of_a_moment_is_repeated(
    method: str, outcomes: list[Outcome], tries: int, result: Any, reported: list[str]
) -> None:
    sent, came = tried(method, outcomes)
    assert sent == tries
    assert came == result or isinstance(came, result)
    assert RETRIES.take() == reported


def test_a_server_that_is_down_is_not_asked_three_times_again_until_it_answers() -> None:
    assert tried("GET", [REFUSED] * 3)[0] == 3
    assert tried("GET", [REFUSED])[0] == 1
    assert tried("GET", [200])[0] == 1
    assert tried("GET", [REFUSED, 200])[0] == 2


def test_a_server_that_answers_429_is_not_down() -> None:
    assert tried("GET", [429] * 3)[0] == 3
    assert tried("GET", [429, 429, 200]) == (3, 200)


@pytest.mark.parametrize(("asked", "pause"), [("3", 3.0), ("3600", 5.0), ("soon", 0.2), ("-1", 0.2)])
def test_the_pause_that_a_server_asks_for_is_kept_within_bounds(asked: str, pause: float, waits: list[float]) -> None:
    tried("GET", [429, 429, 200], headers={"Retry-After": asked})
    assert waits[0] == pause


def test_threads_repeat_in_the_same_way(waits: list[float]) -> None:
    outcomes: list[httpx.Response | Exception] = [REFUSED, httpx.Response(200)]

    def answer(_request: httpx.Request) -> httpx.Response:
        if isinstance(outcome := outcomes.pop(0), Exception):
            raise outcome
        return outcome

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        assert retries.get(http, URL, None).status_code == 200
    assert waits == [0.2]
    assert RETRIES.take() == ["1 request to http://h:1 repeated (no connection), 1 answered then"]


@pytest.mark.parametrize(("answer", "unreachable"), [(REFUSED, True), (503, True), (404, False), (401, False)])
def test_a_server_that_refuses_is_not_out_of_reach(answer: Outcome, unreachable: bool) -> None:
    """A Prometheus API without `status/config`, as Mimir has it, answers; the run could reach it."""

    def handle(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, int):
            return httpx.Response(answer)
        raise answer

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as http:
            await PrometheusClient("http://h:1", http).config()

    with pytest.raises(ServerError) as failed:
        asyncio.run(ask())
    assert failed.value.unreachable is unreachable
    assert unanswered("r", "prometheus", failed.value).because_of == ("prometheus" if unreachable else "")
