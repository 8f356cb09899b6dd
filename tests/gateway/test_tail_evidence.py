"""A live tail that cannot be judged, and one that is reached in a way of its own.

A Loki that was never there failed nothing; one that is down is the cause.
"""

import asyncio
import ssl
from pathlib import Path
from typing import cast

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve

from stack.clients.gateway import GatewayClient
from stack.clients.sign_in import Access
from suites.core.evidence import NotEvaluated
from suites.gateway.collect.trial import _tail
from tests.support.certificates import HERE, Authority

GATEWAY = GatewayClient("http://gateway", cast("httpx.AsyncClient", None))


@pytest.mark.parametrize("because_of", ["", "loki"])
def test_only_a_loki_that_failed_is_named_as_the_cause(because_of: str) -> None:
    no_loki = NotEvaluated("there is no real loki", because_of=because_of)
    found = asyncio.run(_tail(GATEWAY, "", {}, None, no_loki))
    assert isinstance(found, NotEvaluated)
    assert (found.reason, found.because_of) == ("a live tail needs Loki: there is no real loki", because_of)


def test_a_tail_trusts_the_authority_that_the_target_file_names_for_its_server(tmp_path: Path) -> None:
    certificate = Authority(tmp_path).itself("gateway", HERE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))

    async def problems() -> list[str]:
        async def opened(socket: ServerConnection) -> None:
            await socket.wait_closed()

        async with serve(opened, "127.0.0.1", 0, ssl=context) as server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/loki/api/v1/tail"
            ways = Access(ca_file=str(certificate)), Access()
            found = [await _tail(GATEWAY, url, {"authorization": "Basic YTpi"}, way, None) for way in ways]
            return [one.problem for tails in found if isinstance(tails, list) for one in tails]

    trusted, unknown = asyncio.run(problems())
    assert trusted == ""
    assert "certificate verify failed" in unknown
