"""Small breakages of the real console, by the rule that must catch each: what a slip in one place would do."""

import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stack.console import audit
from stack.console.access.guard import Guard, requires
from stack.console.access.passwords import hashed
from stack.console.access.scope import Permission, Role
from stack.console.access.sessions import Sessions
from stack.console.api import logs
from stack.console.audit import AuditLog
from stack.console.problems import Problem
from stack.console.settings import AUDIT, Settings
from stack.console.terminal.sessions import _Connected
from stack.console.upstream import logql, stand_in, tail
from suites.console.collect.own import TrialSettings

Patch = pytest.MonkeyPatch
OnApp = Callable[[FastAPI], None]
OnCode = Callable[[Patch], None]
OnAnswer = Callable[[Scope, MutableMapping[str, str]], None]


class Headers:
    """Middleware that changes the headers of answers."""

    def __init__(self, app: ASGIApp, change: OnAnswer) -> None:
        self.app, self.change = app, change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = {name.decode(): value.decode() for name, value in message["headers"]}
                self.change(scope, headers)
                message["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]
            await send(message)

        await self.app(scope, receive, changed)


class Requests:
    """Middleware that changes a request before the console sees it, or answers it itself."""

    def __init__(self, app: ASGIApp, change: Callable[[Scope, MutableMapping[str, str]], ASGIApp | None]) -> None:
        self.app, self.change = app, change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            instead = self.change(scope, headers)
            changed = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
            scope = {**scope, "headers": changed}
            if instead is not None:
                await instead(scope, receive, send)
                return
        await self.app(scope, receive, send)


def outermost(app: FastAPI, middleware: Callable[[ASGIApp], ASGIApp]) -> None:
    """Put a middleware before everything, the console's own envelope included."""
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: middleware(build())  # type: ignore[method-assign]  # what a fault is


def answers(change: OnAnswer) -> OnApp:
    return lambda app: outermost(app, lambda inner: Headers(inner, change))


def asked(change: Callable[[Scope, MutableMapping[str, str]], ASGIApp | None]) -> OnApp:
    return lambda app: outermost(app, lambda inner: Requests(inner, change))


def without(name: str, path: str = "") -> OnApp:
    def change(scope: Scope, headers: MutableMapping[str, str]) -> None:
        if scope["path"].startswith(path):
            headers.pop(name, None)

    return answers(change)


def cookie(old: str, new: str) -> OnApp:
    def change(_: Scope, headers: MutableMapping[str, str]) -> None:
        if "set-cookie" in headers:
            headers["set-cookie"] = headers["set-cookie"].replace(old, new)

    return answers(change)


def unsafe_policy(_: Scope, headers: MutableMapping[str, str]) -> None:
    headers["content-security-policy"] = headers["content-security-policy"].replace(
        "script-src 'self'", "script-src 'self' 'unsafe-inline'"
    )


def unguarded(path: str) -> OnApp:
    """A route whose guard was forgotten."""

    def change(app: FastAPI) -> None:
        async def open_to_all(_: Request) -> Response:
            return JSONResponse([])

        app.router.routes.insert(0, _route(path, open_to_all))

    return change


def _route(path: str, answer: Any, methods: tuple[str, ...] = ("GET",)) -> Any:
    return APIRoute(path, answer, methods=list(methods), response_model=None)


def unknown_endpoint(app: FastAPI) -> None:
    @app.get("/api/v1/debug/environment", dependencies=[])
    async def environment(request: Request) -> dict[str, str]:
        await requires(Role.ADMIN)(request)
        return {}


def change_by_get(app: FastAPI) -> None:
    """An address that was left from a test and deletes something."""
    guard = app.state.guard

    def change(scope: Scope, _: MutableMapping[str, str]) -> ASGIApp | None:
        if (scope.get("method"), scope["path"]) != ("GET", "/api/v1/silences"):
            return None
        gone = next(one for one in guard.accounts.all() if one.name.startswith("trial-operator"))
        guard.accounts.delete(gone.name)
        return PlainTextResponse("done")

    asked(change)(app)


def outside_is_forbidden(patch: Patch) -> None:
    systems_for = Permission.systems_for

    def told(self: Permission, service: str) -> Any:
        found = systems_for(self, service)
        if found == frozenset() and service.startswith("trial-other"):
            raise Problem(403, "this service is none of yours")
        return found

    patch.setattr(Permission, "systems_for", told)


def called_by(name: str) -> bool:
    """Whether the faulty function was called by the one of this name: a slip is in one place."""
    return sys._getframe(2).f_code.co_name == name


def list_forgets_scope(patch: Patch) -> None:
    allows = Permission.allows

    def everywhere_but_here(self: Permission, system: str, service: str) -> bool:
        return called_by("services") or allows(self, system, service)

    patch.setattr(Permission, "allows", everywhere_but_here)


def unquoted(patch: Patch) -> None:
    patch.setattr(logql, "quoted", lambda text: f'"{text}"')


def cross_site_let_through(scope: Scope, headers: MutableMapping[str, str]) -> None:
    if scope.get("method") not in (None, "GET") and "cookie" in headers:
        headers.update(
            {"origin": f"http://{headers['host']}", "sec-fetch-site": "same-origin", "x-console-request": "1"}
        )


def any_host(scope: Scope, headers: MutableMapping[str, str]) -> None:
    host = "{}:{}".format(*scope["server"])
    if headers["host"] != host:
        headers.update({"host": host, "origin": f"http://{host}"})


def any_origin_of_sockets(scope: Scope, headers: MutableMapping[str, str]) -> None:
    if scope["type"] == "websocket" and headers["host"] == "{}:{}".format(*scope["server"]):
        headers["origin"] = f"http://{headers['host']}"


def trusted_identity(scope: Scope, headers: MutableMapping[str, str]) -> ASGIApp | None:
    if scope["path"] == "/api/v1/session" and scope.get("method") == "GET" and "x-webauth-user" in headers:
        return JSONResponse({"account": headers["x-webauth-user"], "role": "admin", "scopes": []})
    return None


def forwarded_address(patch: Patch) -> None:
    patch.setattr(
        Guard, "address", lambda _, connection: connection.headers.get("x-forwarded-for") or connection.client.host
    )


def session_fixed(patch: Patch) -> None:
    """A sign-in that leaves the browser's earlier session open."""
    _keep_open(patch, "_open")


def session_stays(patch: Patch) -> None:
    """A sign-out that deletes the cookie and nothing else."""
    _keep_open(patch, "sign_out")


def _keep_open(patch: Patch, where: str) -> None:
    close = Sessions.close
    patch.setattr(Sessions, "close", lambda self, session: None if called_by(where) else close(self, session))


def stream_stays(patch: Patch) -> None:
    still = Sessions.still
    patch.setattr(Sessions, "still", lambda self, identity: called_by("_lively") or still(self, identity))


def terminal_stays(patch: Patch) -> None:
    patch.setattr(_Connected, "_check", lambda _: None)


def tls_forgotten(patch: Patch) -> None:
    """A console that takes the connection from the gateway for that of its users."""
    patch.setattr(Settings, "secure", property(lambda _: False))


def no_lock(patch: Patch) -> None:
    patch.setattr("stack.console.access.limits.Limits.wait_s", lambda *_: 0.0)


def names_told(patch: Patch) -> None:
    sign_in = Guard.sign_in

    async def told(self: Guard, connection: Any, name: str, password: str) -> Any:
        try:
            return await sign_in(self, connection, name, password)
        except Problem as problem:
            if problem.status == 401 and self.accounts.find(name) is None:
                raise Problem(401, "there is no such account") from problem
            raise

    patch.setattr(Guard, "sign_in", told)


def default_account(app: FastAPI) -> None:
    app.state.database.write(
        "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, 0, 0, 1)", "root", hashed("root"), "viewer", "[]", "[]"
    )


def logged_headers(app: FastAPI) -> None:
    def change(_: Scope, headers: MutableMapping[str, str]) -> None:
        logging.getLogger("console.api").info("asked by %s", headers.get("authorization", ""))

    asked(change)(app)


def token_in_url(scope: Scope, headers: MutableMapping[str, str]) -> None:
    token = parse_qs(scope["query_string"].decode()).get("access_token")
    if token:
        headers["authorization"] = f"Bearer {token[0]}"


def plain_errors(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def plain(_: Request, problem: Problem) -> Response:
        return PlainTextResponse(problem.detail, problem.status, problem.headers)


def unbounded_range(patch: Patch) -> None:
    patch.setattr("stack.console.api.ranges.LONGEST_NS", 10**18)


def silent_lists(patch: Patch) -> None:
    page = stand_in.StandInLogs.page

    async def cut(self: Any, *given: Any) -> Any:
        return replace(await page(self, *given), more=False)

    patch.setattr(stand_in.StandInLogs, "page", cut)


def export_drops(patch: Patch) -> None:
    write, media = logs.FORMATS["txt"]
    patch.setitem(logs.FORMATS, "txt", (lambda lines: write([one for at, one in enumerate(lines) if at != 16]), media))


def tail_forgets(patch: Patch) -> None:
    """A client that comes back begins at the newest line."""
    patch.setattr("stack.console.api.live._resumed", lambda _: ("", 0, 0))


def tail_waits_for_more(patch: Patch) -> None:
    """A line that comes alone is kept until another follows."""
    push, kept = tail.Subscription.push, dict[tail.Subscription, list[Any]]()

    def together(self: tail.Subscription, lines: list[Any]) -> int:
        waiting = kept.pop(self, []) + lines
        if len(waiting) > 1:
            return push(self, waiting)
        kept[self] = waiting
        return 0

    patch.setattr(tail.Subscription, "push", together)


def tail_doubles(patch: Patch) -> None:
    """A client that comes back gets the last line that it had once more."""
    since = tail.Tail.since

    def again(self: tail.Tail, number: int) -> Any:
        return since(self, max(0, number - 1))

    patch.setattr(tail.Tail, "since", again)


def tail_unordered(patch: Patch) -> None:
    add = tail.Tail._add

    def mixed(self: tail.Tail, lines: list[Any], dropped: int) -> None:
        for start in range(0, len(lines), 2):
            for line in reversed(lines[start : start + 2]):
                add(self, [line], dropped)

    patch.setattr(tail.Tail, "_add", mixed)


def act_unwritten(patch: Patch) -> None:
    write = AuditLog.write

    def some(self: AuditLog, event: str, outcome: Any, **more: Any) -> None:
        if event != "authn_token_revoked":
            write(self, event, outcome, **more)

    patch.setattr(AuditLog, "write", some)


def audit_elsewhere(patch: Patch) -> None:
    """The audit log is written where no agent reads it."""
    log_file = TrialSettings.log_file

    def elsewhere(self: Settings, service: str) -> Any:
        return self.data / "audit.log" if service == AUDIT else log_file(self, service)  # type: ignore[arg-type]  # it is one

    patch.setattr(TrialSettings, "log_file", elsewhere)


def audit_changed(patch: Patch) -> None:
    """A line of the audit log that says something else than its hash was made of."""

    def other(line: Mapping[str, Any]) -> str:
        return "0" * 64 if line.get("sequence") == 3 else whole(line)

    whole = audit._hash
    patch.setattr(audit, "_hash", other)


ON_CODE: Mapping[str, tuple[OnCode, str]] = {
    "outside-looks-absent": (outside_is_forbidden, "answers limited with 403 outside of its scope"),
    "lists-stay-in-scope": (list_forgets_scope, "shows `trial-other"),
    "text-stays-text": (unquoted, "is read as part of a query"),
    "forged-addresses-ignored": (forwarded_address, "that the client made up in X-Forwarded-For"),
    "session-new-at-sign-in": (session_fixed, "the earlier id is still a session"),
    "session-ends-at-sign-out": (session_stays, "is still answered with 200 after sign-out"),
    "streams-end-at-sign-out": (stream_stays, "goes on after sign-out"),
    "terminal-ends-at-sign-out": (terminal_stays, "a terminal goes on after its account signed out"),
    "session-secure-with-tls": (tls_forgotten, "the cookie of a session has no `Secure`"),
    "sign-in-is-limited": (no_lock, "are all answered with 401"),
    "accounts-are-not-told": (names_told, "are answered differently"),
    # With 200, or on a busy machine with the log store's own 504.
    "requests-are-bounded": (unbounded_range, "since=365d` is answered with"),
    "lists-say-where-they-stopped": (silent_lists, "was cut and does not say where to go on"),
    "exports-are-complete": (export_drops, "the export as txt has"),
    "tail-loses-nothing": (tail_forgets, "never came, and nothing says so"),
    "tail-is-prompt": (tail_waits_for_more, "s or more after the log store had them"),
    "tail-repeats-nothing": (tail_doubles, "came more than once"),
    "tail-keeps-order": (tail_unordered, "came behind later ones"),
    "acts-are-audited": (act_unwritten, "a revoked token leaves no line"),
    "audit-lines-are-stored": (audit_elsewhere, "did not arrive in the log store"),
    "audit-chain-is-intact": (audit_changed, "line 3 was changed"),
}
"""What is changed in the code, by the rule that finds it, and what the finding says."""

ON_APP: Mapping[str, tuple[OnApp, str]] = {
    "endpoints-are-known": (unknown_endpoint, "nothing says who may use `GET /api/v1/debug/environment`"),
    "endpoints-need-their-role": (unguarded("/api/v1/terminal/sessions"), "answers nobody with 200; it needs admin"),
    "cookie-attributes": (cookie("HttpOnly; ", ""), "the cookie has no `HttpOnly`"),
    "content-security-policy": (answers(unsafe_policy), "lets scripts come from `'unsafe-inline'`"),
    "headers-protect-answers": (without("x-content-type-options"), "has no `x-content-type-options`"),
    "api-answers-not-kept": (without("cache-control", "/api/v1/logs/services"), "may be kept"),
    "cross-site-changes-refused": (asked(cross_site_let_through), "a foreign Origin is answered with 404"),
    "foreign-hosts-refused": (asked(any_host), "the Host evil.example is answered with 200 over HTTP"),
    "foreign-origins-refused": (asked(any_origin_of_sockets), "a foreign Origin is answered with 101 over WebSocket"),
    "forged-identity-ignored": (asked(trusted_identity), "X-WEBAUTH-USER is answered with 200"),
    "get-changes-nothing": (change_by_get, "the accounts changed"),
    "no-default-account": (default_account, "the account `root` has a password that everybody knows"),
    "secrets-not-logged": (logged_headers, "a token that the console was given stands in"),
    "secrets-not-in-urls": (asked(token_in_url), "a token in the query parameter `access_token` is accepted"),
    "errors-are-problems": (plain_errors, "is `text/plain`, not `application/problem+json`"),
}
"""What is changed in the application once it is made."""
