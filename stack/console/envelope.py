"""Around every request: its id, which hosts and origins are answered, security headers, metrics and its log line."""

import logging
import re
import time
import uuid
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stack.console.access.guard import Guard
from stack.console.problems import Problem, answer
from stack.console.settings import Settings
from stack.console.telemetry import Telemetry

INTERNAL = ("/metrics", "/healthz", "/readyz", "/internal/authorize")
"""For Prometheus, probes and the gateway, which reach the console under the name that it has in the stack's network."""
SAFE = ("GET", "HEAD", "OPTIONS")
CSRF_HEADER = "x-console-request"
LARGEST_BODY = 64 * 1024
"""What a request may bring along, in bytes: nobody has signed in yet when it is read."""
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_log = logging.getLogger("console.api")


class Envelope:
    """ASGI middleware, the outermost one."""

    def __init__(self, app: ASGIApp, settings: Settings, guard: Guard, telemetry: Telemetry) -> None:
        self.app, self.guard, self.telemetry = app, guard, telemetry
        self.secure, self.hosts, self.origins = settings.secure, settings.known_hosts, settings.origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                self._add_headers(MutableHeaders(scope=message), scope, request_id)
            elif message["type"] == "websocket.accept":
                status = HTTPStatus.SWITCHING_PROTOCOLS
            elif message["type"] == "websocket.close" and not status:
                status = HTTPStatus.FORBIDDEN
            await send(message)

        error: Exception | None = None
        with self.telemetry.in_flight.track_inprogress():
            try:
                refused = self._refusal(scope, headers)
                if refused is None:
                    await self.app(scope, _bounded(receive), observed)
                elif scope["type"] == "websocket":
                    await observed({"type": "websocket.close", "code": 1008, "reason": refused.detail})
                else:
                    await answer(refused, request_id)(scope, receive, observed)
            except Exception as broken:
                error = broken
                if not status and scope["type"] == "http":
                    failed = Problem(500, "the console failed on this request; its log has the reason under this id")
                    await answer(failed, request_id)(scope, receive, observed)
                elif scope["type"] == "http":
                    # The answer has begun: only a broken connection tells the client that it is not complete.
                    self._note(scope, request_id, status, started, error)
                    raise
        self._note(scope, request_id, status, started, error)

    def _refusal(self, scope: Scope, headers: Headers) -> Problem | None:
        if scope["path"] in INTERNAL:
            return None
        connection = HTTPConnection(scope)
        if headers.get("host", "").lower() not in self.hosts:
            return Problem(421, "the console is not known under this host; see PUBLIC_URL and CONSOLE_HOSTS")
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        by_cookie = self.guard.cookie in connection.cookies and "authorization" not in headers
        socket = scope["type"] == "websocket"
        foreign = origin is not None and origin.lower() not in self.origins
        unsafe = scope["type"] == "http" and scope["method"] not in SAFE
        if by_cookie and (socket or unsafe):
            # Browsers always send an Origin with these; a request without one is none of a page of ours.
            foreign = foreign or origin is None or site not in (None, "same-origin")
        if foreign:
            actor = "a signed-in browser" if self.guard.cookie in connection.cookies else "unknown"
            self.guard.record(
                connection, "malicious_cors", "refused", actor=actor, target=scope["path"], origin=(origin or "")[:256]
            )
            return Problem(403, "this request comes from another site")
        if by_cookie and unsafe and not headers.get(CSRF_HEADER):
            return Problem(403, f"a request that changes something needs the header {CSRF_HEADER}")
        return None

    def _add_headers(self, headers: MutableHeaders, scope: Scope, request_id: str) -> None:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if scope["path"].startswith(("/api/", "/internal/")):
            headers.setdefault("Cache-Control", "no-store")
        if self.secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        headers["X-Request-ID"] = request_id

    def _note(self, scope: Scope, request_id: str, status: int, started: float, error: Exception | None) -> None:
        elapsed = time.perf_counter() - started
        # What is mounted has no route, but a path of its own.
        route = getattr(scope.get("route"), "path", "") or scope.get("root_path") or "unmatched"
        method = scope.get("method", "WEBSOCKET") if scope["type"] == "http" else "WEBSOCKET"
        known = method if method in (*SAFE, "POST", "PUT", "PATCH", "DELETE", "WEBSOCKET") else "other"
        self.telemetry.observe(known.lower(), route, status, elapsed)
        if scope["path"] in INTERNAL:
            return  # an authorization and a scrape for each request of others would drown the rest
        level = logging.ERROR if status >= 500 or error else logging.WARNING if status >= 400 else logging.INFO
        fields: dict[str, Any] = {
            "method": known,
            "route": route,
            "status": status,
            "duration_ms": round(elapsed * 1000, 3),
            "request_id": request_id,
        }
        identity = scope.get("state", {}).get("identity")
        if identity is not None:
            fields["account"] = identity.account
        _log.log(level, "api request", exc_info=error, extra={"event": "api_request", "fields": fields})


def _bounded(receive: Receive) -> Receive:
    left = LARGEST_BODY

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, f"the body is larger than {LARGEST_BODY >> 10} KiB")
        return message

    return bounded
