"""Collects from the running Grafana: who has access, which datasources it serves, and whether they work."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from stack.clients.grafana import GrafanaClient, GrafanaError, NoSuchCheck
from stack.records.dashboards.datasource import GrafanaDatasources, ProvisionedDatasource, ServedDatasource
from stack.records.dashboards.grafana import GrafanaAccess
from suites.core.evidence import NotEvaluated, Records
from suites.core.health import unanswered
from suites.dashboards.collect.stores import Stores

PRIVATE = ("/api/search", "/api/datasources", "/api/org", "/api/dashboards/home")
"""What clients without credentials must not read."""

REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)

GUESSES = (("admin", "admin"), ("admin", "password"), ("admin", "grafana"))
"""User and password pairs to try. After five wrong passwords Grafana locks a user out for five minutes."""


async def collect(stores: Stores, promised: Sequence[ProvisionedDatasource], *, guess: bool = True) -> Records:
    """Send requests to Grafana without credentials, with guessed ones if it may, and as the run's own user."""
    grafana = stores.grafana
    if grafana is None:
        absent = stores.no_grafana
        return {GrafanaAccess: absent, GrafanaDatasources: absent}
    access, datasources = await asyncio.gather(
        _access(grafana, GUESSES if guess else ()), _datasources(grafana, promised)
    )
    return {GrafanaAccess: access, GrafanaDatasources: datasources}


async def _access(grafana: GrafanaClient, pairs: Sequence[tuple[str, str]]) -> list[GrafanaAccess] | NotEvaluated:
    try:
        unauthenticated = await asyncio.gather(*(grafana.access_status(path, None) for path in PRIVATE))
        # Anonymous access says nothing about a password; `/api/user` is readable for signed-in users only.
        guesses = [(pair, await grafana.access_status("/api/user", pair)) for pair in pairs]
        blind = bool(pairs) and await grafana.refuses_own_password()
    except GrafanaError as broken:
        return unanswered(str(broken), "grafana", broken)
    return [
        GrafanaAccess(
            url=grafana.url,
            asked=PRIVATE,
            opened=tuple(
                (path, status) for path, status in zip(PRIVATE, unauthenticated, strict=True) if 200 <= status < 300
            ),
            denied=sum(300 <= status < 400 or status in REFUSED for status in unauthenticated),
            tried=len(pairs),
            weighed=0 if blind else sum(status in (httpx.codes.OK, httpx.codes.UNAUTHORIZED) for _, status in guesses),
            accepted=tuple(pair for pair, status in guesses if status == httpx.codes.OK),
        )
    ]


async def _datasources(
    grafana: GrafanaClient, promised: Sequence[ProvisionedDatasource]
) -> list[GrafanaDatasources] | NotEvaluated:
    try:
        served = await grafana.datasources()
        checked = await asyncio.gather(*(_checked(grafana, body) for body in served))
    except GrafanaError as broken:
        return unanswered(str(broken), "grafana", broken)
    return [GrafanaDatasources(tuple(promised), tuple(checked), grafana.url)]


async def _checked(grafana: GrafanaClient, body: Mapping[str, Any]) -> ServedDatasource:
    uid = str(body.get("uid") or "")
    try:
        problem = await grafana.datasource_problem(uid)
    except NoSuchCheck:
        problem = await _label_problem(grafana, uid, str(body.get("type") or ""))
    return ServedDatasource(
        uid=uid,
        type=str(body.get("type") or ""),
        name=str(body.get("name") or ""),
        read_only=body.get("readOnly") is True,
        unhealthy=problem,
    )


async def _label_problem(grafana: GrafanaClient, uid: str, kind: str) -> str | None:
    """Read the labels of a datasource through Grafana, as older releases check it from the browser."""
    path, unit = ("labels", 10**9) if kind == "loki" else ("api/v1/labels", 1)
    now = int(time.time())
    try:
        await grafana.resource(uid, path, start=str((now - 3600) * unit), end=str(now * unit))
    except GrafanaError as refused:
        return str(refused)
    return None
