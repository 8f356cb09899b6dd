"""What an answer says about a guessed password: one that is about the number of requests says nothing."""

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from stack.records.live.gateway_trial import GatewayTrial
from suites.core.evidence import NotEvaluated
from suites.gateway.collect.trial import try_gateway


@pytest.mark.parametrize(
    ("status", "location", "tried", "accepted"),
    [(429, "", False, False), (401, "", True, False), (302, "/oauth/login", True, False), (200, "", True, True)],
)
def test_a_password_is_tried_where_the_answer_is_about_it(
    status: int, location: str, tried: bool, accepted: bool
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        guessed = "authorization" in request.headers
        return httpx.Response(status if guessed else 401, headers={"retry-after": "0", "location": location})

    async def found() -> GatewayTrial:
        stack: Any = SimpleNamespace(credentials={})
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            records: Any = await try_gateway(stack, "http://gateway", http, NotEvaluated("no Loki"))
            trial: GatewayTrial = records[GatewayTrial][0]
            return trial

    trial = asyncio.run(found())
    assert (bool(trial.tried), bool(trial.accepted), bool(trial.unread)) == (tried, accepted, status == 429)
