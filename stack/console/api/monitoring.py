"""What the stack consists of, for people who want to know where everything is."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from stack.console.access.guard import Viewer, guard_of
from stack.console.api.metrics import read_dashboards
from stack.console.problems import Problem
from stack.console.upstream.client import Upstream

router = APIRouter(prefix="/api/v1", tags=["monitoring"])
BOARDS = 200
SIGN_IN = "with the account of this console, by its page, a token or basic authentication"


class MonitoringService(BaseModel):
    """One server of the stack; `path` is where this address shows it, empty if it does not."""

    name: str
    state: str
    version: str
    path: str
    sign_in: str
    simulated: bool = False


class Monitoring(BaseModel):
    """The stack, its first dashboards with the number of the others, and remarks that an operator must know."""

    services: list[MonitoringService]
    dashboards: list[dict[str, str]]
    dashboards_left_out: int
    remarks: list[str]


TABLE = (
    ("loki", "/ready", "/loki/api/v1/status/buildinfo", ("version",), "/loki/"),
    ("prometheus", "/-/ready", "/api/v1/status/buildinfo", ("data", "version"), "/prometheus/"),
    ("alertmanager", "/-/ready", "/api/v2/status", ("versionInfo", "version"), ""),
    ("grafana", "/api/health", "/api/health", ("version",), "/grafana/"),
    ("docker", "/_ping", "/version", ("Version",), ""),
)


@router.get("/monitoring", summary="The stack")
async def monitoring(request: Request, _: Viewer) -> Monitoring:
    """Return the stack's servers with state, version, address and how to sign in; never a credential."""
    settings = guard_of(request).settings
    rows = [(name, getattr(request.app.state, name), *rest) for name, *rest in TABLE]
    services = await asyncio.gather(*(_service(*row) for row in rows))
    if settings.loki_simulated:
        services[0].state, services[0].simulated = "up", True
    boards = list(read_dashboards(settings.dashboards, bool(settings.grafana)))
    remarks = []
    if settings.insecure_cookies and not settings.secure:
        remarks.append("sign-in works without TLS: passwords can be read on the way, see docs/console.md")
    if settings.loki_simulated:
        remarks.append("log lines come from a stand-in: there is no Loki on this machine")
    return Monitoring(
        services=list(services),
        dashboards=[{"uid": each.uid, "title": each.title, "path": each.path} for each in boards[:BOARDS]],
        dashboards_left_out=max(0, len(boards) - BOARDS),
        remarks=remarks,
    )


async def _service(
    name: str, server: Upstream, ready: str, version: str, keys: tuple[str, ...], path: str
) -> MonitoringService:
    if not server.url:
        return MonitoringService(name=name, state="not part of this stack", version="", path="", sign_in="")
    state, told = await asyncio.gather(server.reachable(ready), _version(server, version, keys))
    return MonitoringService(name=name, state=state, version=told, path=path, sign_in=SIGN_IN if path else "")


async def _version(server: Upstream, path: str, keys: tuple[str, ...]) -> str:
    try:
        value: Any = await server.json("GET", path)
        for key in keys:
            value = value[key]
    except (Problem, KeyError, TypeError):
        return ""
    return str(value)
