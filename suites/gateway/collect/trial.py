"""What the running gateway lets through: without credentials, with guessed ones, and a live tail with valid ones."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import httpx

from stack.backends.attached.target_file import TargetFile
from stack.backends.base import RunningStack
from stack.clients.gateway import TAIL, GatewayClient, GatewayError
from stack.clients.sign_in import Access, SignIn
from stack.components import COMPONENTS
from stack.records.live.gateway_trial import GatewayTail, GatewayTrial
from suites.core.area import StackCollector
from suites.core.evidence import NotEvaluated, Records
from suites.core.health import unanswered
from suites.core.inspected_stack import InspectedStack

ROUTES = ("/loki/api/v1/labels", "/prometheus/api/v1/status/buildinfo", "/prometheus/", "/grafana/")
"""What lies behind the shipped gateway; credentials are tried at the first."""

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
        found = await try_gateway(stack.stack, endpoint, stack.http, stack.missing("loki"), self.run.target)
        self.run.store.put("gateway", found, "live")


async def try_gateway(
    stack: RunningStack,
    url: str,
    http: httpx.AsyncClient,
    no_loki: NotEvaluated | None,
    target: TargetFile | None = None,
) -> Records:
    """Ask the gateway at `url` for everything that its rules speak about; never raises.

    `no_loki` says why Loki does not work, since a tail then proves nothing about the gateway. `target` describes
    the gateway of an attached stack: its paths, and whether passwords may be guessed.
    """
    gateway, credentials = GatewayClient(url, http), stack.credentials.get("gateway")
    paths: tuple[str, ...] = ROUTES
    tail, front = f"{gateway.url}{TAIL}", "/"
    if target is not None:
        paths, front = target.gateway.protected or _behind(url, target), target.gateway.health
        tail = f"{target.endpoints.get('loki', '')}{TAIL}"
    guess = target is None or target.gateway.guess_passwords
    pairs = weak_credentials(credentials[0] if credentials else None) if guess and paths else []
    try:
        routes, health, answers = await asyncio.gather(
            asyncio.gather(*(gateway.route(path) for path in paths)),
            gateway.route(front or "/"),
            asyncio.gather(*(gateway.route(paths[0], pair) for pair in pairs)),
        )
    except GatewayError as silent:
        why = unanswered(str(silent), "gateway", silent)
        return {GatewayTrial: why, GatewayTail: why}
    guessed = [(":".join(pair), answer) for pair, answer in zip(pairs, answers, strict=True)]
    tried = {pair: answer for pair, answer in guessed if answer.status != httpx.codes.TOO_MANY_REQUESTS}
    accepted = tuple(pair for pair, answer in tried.items() if not answer.denied)
    unread = len(guessed) - len(tried)
    trial = GatewayTrial(gateway.url, tuple(routes), tuple(tried), accepted, front, health.status, unread)
    if not tail.startswith(f"{gateway.url}/"):
        return {GatewayTrial: [trial], GatewayTail: NotEvaluated("Loki is not behind this gateway", applies=False)}
    known = http.auth if isinstance(http.auth, SignIn) else SignIn({})
    signed = known.headers(tail)
    if credentials and "authorization" not in signed:
        signed |= SignIn({tail: Access(credentials)}).headers(tail)
    return {GatewayTrial: [trial], GatewayTail: await _tail(gateway, tail, signed, known.access(tail), no_loki)}


def _behind(url: str, target: TargetFile) -> tuple[str, ...]:
    """The paths of the components that are reached through the gateway."""
    base = url.rstrip("/")
    return tuple(
        f"{endpoint.removeprefix(base)}{COMPONENTS[name].private_path}"
        for name, endpoint in target.endpoints.items()
        if COMPONENTS[name].private_path and endpoint.startswith(f"{base}/")
    )


async def _tail(
    gateway: GatewayClient, url: str, headers: Mapping[str, str], access: Access | None, no_loki: NotEvaluated | None
) -> list[GatewayTail] | NotEvaluated:
    if no_loki is not None:  # one that was never there is no component that failed
        return replace(no_loki, reason=f"a live tail needs Loki: {no_loki.reason}")
    if "authorization" not in headers:
        return NotEvaluated(
            "the gateway's credentials are not known here; name them under `gateway` in the target file"
        )
    problem = await gateway.tail_problem(url, '{conformance_probe="none"}', headers, access or Access())
    return [GatewayTail(url, problem)]
