"""Provokes telemetry: sends a service the requests of its catalog entry, each with an `X-Request-ID` of its own."""

import time
import uuid
from dataclasses import replace
from typing import Any

import httpx

from fixtures.service import Request
from stack.clients.http import LATE_S, LATE_SENDS, place_at
from stack.eventually import contention
from stack.records.logs.stream import ExpectedLine, SentRequest
from stack.records.scrape.traffic import Answer, ProvokedTraffic
from suites.core.running_service import RunningService

TIMEOUT_S = 10.0


async def provoke(
    http: httpx.AsyncClient, running: RunningService
) -> tuple[tuple[SentRequest, ...], ProvokedTraffic | None]:
    """Send all requests in the order of the catalog entry, since later ones may depend on earlier ones.

    Returns the requests and how they were answered; nothing and None where the service must get no traffic. Never
    raises: a request that is not answered has status 0 and the reason among the answers.
    """
    if running.no_traffic or running.base_url is None:
        return (), None
    requests = [request for request in running.service.traffic for _ in range(request.count)]
    sending = _Sending()
    pairs = [await _send(http, running.base_url, request, sending) for request in requests]
    return tuple(sent for sent, _ in pairs), ProvokedTraffic(tuple(answer for _, answer in pairs))


class _Sending:
    """When requests are sent, as httpx tells: how long their connection may have been open before."""

    def __init__(self) -> None:
        self._idle_since = time.monotonic()
        self.late_s = 0.0

    async def trace(self, event: str, _: Any) -> None:
        """Take one of httpx' trace events; that a connection is open may be known here long after the peer knows it."""
        if event.endswith(("connect_tcp.started", "response_closed.complete")):
            self._idle_since = time.monotonic()
        elif event.endswith(("send_request_headers.complete", "send_request_headers.failed")):
            self.late_s = time.monotonic() - self._idle_since


async def _send(
    http: httpx.AsyncClient, base_url: str, request: Request, sending: _Sending, sends_left: int = LATE_SENDS - 1
) -> tuple[SentRequest, Answer]:
    request_id = uuid.uuid4().hex
    headers = {**request.headers, "X-Request-ID": request_id}
    status, problem, again, sending.late_s = 0, None, False, 0.0
    async with place_at(base_url):
        try:
            answer = await http.request(
                request.method,
                f"{base_url}{request.path}",
                headers=headers,
                content=request.body,
                timeout=TIMEOUT_S * contention(),
                extensions={"trace": sending.trace},
            )
            status = answer.status_code
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as lost:
            problem = str(lost) or type(lost).__name__
            again = bool(sends_left) and sending.late_s > LATE_S
        except (httpx.HTTPError, httpx.InvalidURL) as failed:
            problem = str(failed) or type(failed).__name__
    if again:
        last, outcome = await _send(http, base_url, request, sending, sends_left - 1)
        # A service that crashed on it is gone by now: why it was not answered is what happened first.
        return last, outcome if outcome.status else replace(outcome, problem=problem)
    lines = tuple(ExpectedLine(line.level, line.logger, line.message, dict(line.fields)) for line in request.logs)
    # Whether an unanswered request arrived is not known: `metrics/traffic-answered` alone reports it.
    logged, lines = (request.logged, lines) if status else (False, ())
    sent = SentRequest(request_id, request.method, request.path, status, logged, lines)
    return sent, Answer(request.method, request.path, request.expect_status, status, problem)
