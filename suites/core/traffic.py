"""Provokes telemetry: sends a service the requests of its catalog entry, each with an `X-Request-ID` of its own."""

import uuid

import httpx

from fixtures.service import Request
from stack.clients.http import place_at
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
    pairs = [await _send(http, running.base_url, request) for request in requests]
    return tuple(sent for sent, _ in pairs), ProvokedTraffic(tuple(answer for _, answer in pairs))


async def _send(http: httpx.AsyncClient, base_url: str, request: Request) -> tuple[SentRequest, Answer]:
    request_id = uuid.uuid4().hex
    headers = {**request.headers, "X-Request-ID": request_id}
    status, problem = 0, None
    async with place_at(base_url):
        try:
            answer = await http.request(
                request.method,
                f"{base_url}{request.path}",
                headers=headers,
                content=request.body,
                timeout=TIMEOUT_S * contention(),
            )
            status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as failed:
            problem = str(failed) or type(failed).__name__
    lines = tuple(ExpectedLine(line.level, line.logger, line.message, dict(line.fields)) for line in request.logs)
    # Whether an unanswered request arrived is not known: `metrics/traffic-answered` alone reports it.
    logged, lines = (request.logged, lines) if status else (False, ())
    sent = SentRequest(request_id, request.method, request.path, status, logged, lines)
    return sent, Answer(request.method, request.path, request.expect_status, status, problem)
