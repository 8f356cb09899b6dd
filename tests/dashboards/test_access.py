"""What Grafana answers to strangers, and whether these answers prove anything."""

import asyncio
from base64 import b64encode
from typing import Any

import httpx
import pytest

from stack.clients.grafana import GrafanaClient
from stack.records.dashboards.grafana import GrafanaAccess
from suites.core.discovery import rules
from suites.core.evidence import Evidence
from suites.core.verdict import judge
from suites.dashboards.collect import grafana
from suites.dashboards.collect.stores import Stores

RULES = ("grafana-unauthenticated-access-denied", "grafana-no-weak-credentials")
OWN = ("me", "secret")


def outcomes(
    unauthenticated: int, guessed: int, own: int = 200, credentials: tuple[str, str] | None = OWN
) -> list[str]:
    """The outcomes of the rules on a Grafana that answers with these statuses."""
    status = {None: unauthenticated, f"Basic {b64encode(':'.join(OWN).encode()).decode()}": own}

    def reply(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status.get(request.headers.get("authorization"), guessed))

    async def run() -> list[str]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as http:
            client = GrafanaClient("http://grafana.test", http, credentials)
            found = (await grafana.collect(Stores({}, grafana=client), ()))[GrafanaAccess]
        assert isinstance(found, list)
        return [judge(rules()[f"dashboards/{name}"], "", Evidence(tuple(found), "live")).outcome for name in RULES]

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((401, 401), ["pass", "pass"]),
        ((302, 401), ["pass", "pass"]),
        ((401, 200), ["pass", "fail"]),
        ((200, 401), ["fail", "pass"]),
        ((404, 404), ["not-evaluated", "not-evaluated"]),
        ((429, 429), ["not-evaluated", "not-evaluated"]),
        ((401, 401, 401), ["pass", "not-evaluated"]),
        ((401, 401, 401, None), ["pass", "pass"]),
    ],
)
def test_answers_that_neither_give_nor_deny_access_prove_nothing(
    statuses: tuple[Any, ...], expected: list[str]
) -> None:
    assert outcomes(*statuses) == expected
