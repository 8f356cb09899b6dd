"""The console as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from stack.console import problems
from stack.console.access.accounts import Accounts
from stack.console.access.guard import Guard
from stack.console.access.sessions import Sessions
from stack.console.api import (
    alerts,
    audit,
    containers,
    gateway,
    live,
    logs,
    metrics,
    monitoring,
    session,
    terminal,
    users,
)
from stack.console.audit import AuditLog
from stack.console.database import Database
from stack.console.envelope import Envelope
from stack.console.settings import AUDIT, SYSTEM, Settings
from stack.console.telemetry import VERSION, Telemetry
from stack.console.terminal.sessions import Terminals
from stack.console.upstream.client import Upstream
from stack.console.upstream.connections import Connections
from stack.console.upstream.docker import Docker
from stack.console.upstream.loki import LogSource, Loki
from stack.console.upstream.polls import Polls
from stack.console.upstream.prometheus import Prometheus
from stack.console.upstream.tail import Tails

_API = APIRouter()
"""All routes of the API; FastAPI works each out at its first request, once for all applications of this process."""
for _module in (session, users, monitoring, logs, live, metrics, containers, alerts, terminal, audit, gateway):
    _API.include_router(_module.router)


def create_app(
    settings: Settings, transport: httpx.AsyncBaseTransport | None = None, logs: LogSource | None = None
) -> FastAPI:
    """Build the application; its accounts and audit log are opened here, its connections when it starts.

    `transport` replaces the network between the console and the servers behind it, `logs` its Loki.
    """
    database = Database(settings.data / "console.db")
    common = {"system": SYSTEM, "environment": settings.environment, "instance": settings.instance}
    audit_log = AuditLog(settings.log_file(AUDIT), database, {"service": AUDIT, **common})
    accounts = Accounts(database)
    sessions = Sessions(database, accounts)
    guard = Guard(settings, accounts, sessions, audit_log)
    telemetry = Telemetry()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with transport or Connections() as http:
            app.state.loki = logs or Loki(settings.loki, http)
            app.state.prometheus = Prometheus(settings.prometheus, http)
            app.state.alertmanager = Upstream("Alertmanager", settings.alertmanager, http)
            app.state.grafana = Upstream("Grafana", settings.grafana and f"{settings.grafana}/grafana", http)
            app.state.docker = Docker(settings.docker, http, settings.project)
            app.state.tails = Tails(app.state.loki, telemetry)
            app.state.polls = Polls(app.state.prometheus)
            app.state.terminals = Terminals(settings.terminal, settings.data / "recordings", guard)
            audit_log.write("sys_startup", "success", actor="console", address="", request_id="", version=VERSION)
            yield
            await app.state.tails.stop()
            audit_log.write("sys_shutdown", "success", actor="console", address="", request_id="")
        audit_log.close()
        database.close()

    app = _Application(
        routes=_API.routes,
        title="Observability console",
        version=VERSION,
        summary="Logs, metrics, containers and alerts of the stack, behind one sign-in.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[Middleware(Envelope, settings=settings, guard=guard, telemetry=telemetry)],
    )
    app.state.guard, app.state.database, app.state.telemetry = guard, database, telemetry
    problems.install(app)
    _add_probes(app, telemetry)
    if settings.web is not None:
        app.mount("/console", _Pages(directory=settings.web, html=True))
    return app


def _add_probes(app: FastAPI, telemetry: Telemetry) -> None:
    @app.get("/metrics", include_in_schema=False)
    async def exposition(request: Request) -> Response:
        headers, body = telemetry.exposition(
            request.headers.get("accept", ""), request.headers.get("accept-encoding", "")
        )
        return Response(body, headers=headers)

    @app.get("/api/v1/openapi.json", include_in_schema=False)
    async def contract() -> Response:
        return JSONResponse(app.openapi())

    @app.get("/healthz", include_in_schema=False)
    async def healthy() -> Response:
        return PlainTextResponse("ok\n")


class _Application(FastAPI):
    """The application; its contract names the WebSockets too, for which OpenAPI has no place of its own."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, with the paths of WebSockets under `x-websockets`."""
        sockets = sorted(route.path for route in self.routes if isinstance(route, WebSocketRoute))
        return super().openapi() | {"x-websockets": sockets}


class _Pages(StaticFiles):
    """The built front end: hashed files may be kept for ever, the page itself is asked for each time."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on as it came
        scope: Scope = kwargs.get("scope") or args[2]  # type: ignore[assignment]  # Starlette's third argument
        hashed = "/assets/" in scope["path"]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response
