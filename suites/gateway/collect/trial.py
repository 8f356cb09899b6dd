"""What the running gateway lets through: without credentials, with guessed ones, and a live tail with valid ones."""

import asyncio

import httpx

from stack.backends.base import RunningStack
from stack.clients.gateway import TAIL, GatewayClient, GatewayError
from stack.records.live.gateway_trial import GatewayTail, GatewayTrial
from suites.core.area import StackCollector
from suites.core.evidence import NotEvaluated, Records
from suites.core.inspected_stack import InspectedStack

ROUTES = ("/loki/api/v1/labels", "/prometheus/api/v1/status/buildinfo", "/prometheus/", "/grafana/")
"""What lies behind the gateway; credentials are tried at the first."""

USERS = ("admin", "root", "observer", "grafana")
PASSWORDS = ("admin", "password", "")


def weak_credentials(known_user: str | None) -> list[tuple[str, str]]:
    """Commonly tried pairs: few enough for one run, each user's own name as password among them."""
    users = dict.fromkeys([*([known_user] if known_user else []), *USERS])
    pairs = [(user, password) for user in users for password in (user, *PASSWORDS)]
    return list(dict.fromkeys(pairs))


class GatewayCollector(StackCollector):
    """Tries the running gateway without credentials, with guessed ones, and with a live tail."""

    records = (GatewayTrial, GatewayTail)

    async def started(self, stack: InspectedStack) -> None:
        """Try it while the services are observed."""
        endpoint = stack.endpoint("gateway")
        if isinstance(endpoint, NotEvaluated):
            self.run.store.put("gateway", dict.fromkeys(self.records, endpoint), "live")
            return
        loki = stack.missing("loki")
        found = await try_gateway(stack.stack, endpoint, stack.http, loki.reason if loki else None)
        self.run.store.put("gateway", found, "live")


async def try_gateway(stack: RunningStack, url: str, http: httpx.AsyncClient, loki_problem: str | None) -> Records:
    """Ask the gateway at `url` for everything that its rules speak about; never raises.

    `loki_problem` says why Loki does not work, since a tail then proves nothing about the gateway.
    """
    gateway, credentials = GatewayClient(url, http), stack.credentials.get("gateway")
    try:
        routes, front, accepted = await asyncio.gather(
            asyncio.gather(*(gateway.route(path) for path in ROUTES)),
            gateway.route("/"),
            _accepted(gateway, weak_credentials(credentials[0] if credentials else None)),
        )
    except GatewayError as silent:
        why = NotEvaluated(str(silent))
        return {GatewayTrial: why, GatewayTail: why}
    tried, let_in = accepted
    trial = GatewayTrial(gateway.url, tuple(routes), tried, let_in, front.status)
    return {GatewayTrial: [trial], GatewayTail: await _tail(gateway, credentials, loki_problem)}


async def _accepted(gateway: GatewayClient, pairs: list[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    outcomes = await asyncio.gather(*(gateway.accepts(ROUTES[0], *pair) for pair in pairs))
    shown = [":".join(pair) for pair in pairs]
    return tuple(shown), tuple(pair for pair, let_in in zip(shown, outcomes, strict=True) if let_in)


async def _tail(
    gateway: GatewayClient, credentials: tuple[str, str] | None, loki_problem: str | None
) -> list[GatewayTail] | NotEvaluated:
    if loki_problem:
        return NotEvaluated(f"a live tail needs Loki: {loki_problem}")
    if credentials is None:
        return NotEvaluated(
            "the gateway's credentials are not known here; name them under `gateway` in the target file"
        )
    problem = await gateway.tail_problem('{service=~".+"}', credentials)
    return [GatewayTail(f"{gateway.url}{TAIL}", problem)]
