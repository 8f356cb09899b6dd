"""A live tail that cannot be judged: a Loki that was never there failed nothing, one that is down is the cause."""

import asyncio
from typing import cast

import httpx
import pytest

from stack.clients.gateway import GatewayClient
from suites.core.evidence import NotEvaluated
from suites.gateway.collect.trial import _tail


@pytest.mark.parametrize("because_of", ["", "loki"])
def test_only_a_loki_that_failed_is_named_as_the_cause(because_of: str) -> None:
    no_loki = NotEvaluated("there is no real loki", because_of=because_of)
    found = asyncio.run(_tail(GatewayClient("http://gateway", cast("httpx.AsyncClient", None)), "", {}, no_loki))
    assert isinstance(found, NotEvaluated)
    assert (found.reason, found.because_of) == ("a live tail needs Loki: there is no real loki", because_of)
