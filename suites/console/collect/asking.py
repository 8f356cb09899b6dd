"""Requests to a console as one of its accounts: over HTTP, WebSocket and server-sent events, and what came of them."""

import base64
import json
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidMessage, InvalidStatus

from stack.clients.retries import LOST, RETRIES, why_again
from stack.clients.sign_in import Access, async_client
from stack.records.console.access import REFUSED, Shown
from stack.records.console.requests import Answer

TIMEOUT_S = 60.0
KEPT = 2000
"""Characters of a body that are kept."""
LARGEST = 64 << 20
IDLE_S = 1.0
"""For how long a connection is used again: servers close idle ones, and a busy machine sees that late."""
SENDS = 3
"""How often a read is sent at most whose connection the server closed before it answered."""
CSRF = {"X-Console-Request": "1"}
"""What the console's own page sends with a change: docs/console.md."""
REQUEST_ID = "X-Request-ID"
OPEN = 101


class ConsoleSilent(Exception):  # noqa: N818  # it is an answer, not an error
    """The console did not answer at all."""


@dataclass(frozen=True)
class Account:
    """An account of the console: its role, and either a token or name and password."""

    role: str
    name: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """How it signs a request."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        if self.name:
            pair = base64.b64encode(f"{self.name}:{self.password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        return {}


NOBODY = Account("nobody")


@dataclass(frozen=True)
class Done:
    """An act of the trial that the audit log must have: what it was, its event, and the id of its request."""

    what: str
    event: str
    request_id: str


_PLAIN = Access()


class Console:
    """One console, asked at its base `url`; everything raises `ConsoleSilent`.

    `access` says how its server is reached; who asks is said with each request.
    """

    def __init__(self, url: str, per_second: float = 0.0, access: Access = _PLAIN) -> None:
        self.url = url.rstrip("/")
        self.acts: list[Done] = []
        self.secrets: dict[str, str] = {}
        """The secrets that were sent or received, each with its kind."""
        limits = httpx.Limits(max_connections=20, keepalive_expiry=IDLE_S)
        self._access = access
        self._http = async_client({self.url: access}, limits, per_second)
        self._http.auth = httpx.Auth()  # a stream must be read as it comes, and each request says who sends it
        self._http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        parts = urlsplit(self.url)
        self.https, self.host, self._port = parts.scheme == "https", parts.netloc, parts.port
        self._name, self._base = parts.hostname or "", parts.path

    @property
    def origin(self) -> str:
        """The origin of its pages."""
        return f"{'https' if self.https else 'http'}://{self.host}"

    @property
    def browser(self) -> dict[str, str]:
        """What a browser sends with a change that the console's own page makes."""
        return {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", **CSRF}

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        account: Account = NOBODY,
        *,
        headers: Mapping[str, str] | None = None,
        act: tuple[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Send one request; `act` says what is done by it, and the event that the audit log must have of it."""
        sent = {REQUEST_ID: new_id(), **account.headers, **(headers or {})}
        lost: list[str] = []
        while True:
            try:
                answer, read = await self._read(method, path, headers=sent, timeout=TIMEOUT_S, **more)
                break
            except httpx.HTTPError as silent:
                if len(lost) == SENDS - 1 or why_again(method, silent) != LOST:
                    raise ConsoleSilent(f"{method} {path}: {silent or type(silent).__name__}") from silent
                lost.append(LOST)
        RETRIES.ended(self.url, lost, answered=True)
        if act is not None and (answer.status_code < 400 or answer.status_code in REFUSED):
            self.acts.append(Done(*act, sent[REQUEST_ID]))
        kept = httpx.Headers([(name, value) for name, value in answer.headers.multi_items() if name not in _ENCODED])
        return httpx.Response(answer.status_code, headers=kept, content=read, request=answer.request)

    async def _read(self, method: str, path: str, **options: Any) -> tuple[httpx.Response, bytes]:
        async with self._http.stream(method, self.url + path, **options) as answer:
            read = bytearray()
            async for piece in answer.aiter_bytes():
                read += piece
                if len(read) > LARGEST:
                    raise ConsoleSilent(f"{method} {path} answers with more than {LARGEST >> 20} MiB")
        return answer, bytes(read)

    @asynccontextmanager
    async def events(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """Open a stream of server-sent events; the body is still to be read."""
        sent = {REQUEST_ID: new_id(), **headers}
        try:
            async with self._http.stream("GET", self.url + path, headers=sent, timeout=TIMEOUT_S) as answer:
                yield answer
        except httpx.HTTPError as silent:
            raise ConsoleSilent(f"GET {path}: {silent or type(silent).__name__}") from silent

    def socket(self, path: str, headers: Mapping[str, str]) -> connect:
        """Open a WebSocket; a header `Host` names another host than is connected to."""
        sent = {name: value for name, value in headers.items() if name.lower() not in ("host", "origin")}
        named = {name.lower(): value for name, value in headers.items()}
        more: dict[str, Any] = {"proxy": self._access.proxy or None}
        if not self._access.proxy:
            more |= {"host": self._name, "port": self._port or (443 if self.https else 80)}
        elif named.get("host", self.host) != self.host:
            raise ConsoleSilent("through a proxy a WebSocket under a foreign host would go to that host")
        if self.https:
            more |= {"ssl": self._access.context(), "server_hostname": self._name}
        return connect(
            f"{'wss' if self.https else 'ws'}://{named.get('host', self.host)}{self._base}{path}",
            origin=named.get("origin"),  # type: ignore[arg-type]  # any text may be sent as one
            additional_headers={REQUEST_ID: new_id(), **sent},
            open_timeout=TIMEOUT_S,
            close_timeout=1,
            ping_interval=None,  # a suite that is slow to read a pong is no fault of the console
            max_size=LARGEST,
            **more,
        )

    async def opened(self, path: str, headers: Mapping[str, str]) -> tuple[int, str]:
        """Open a WebSocket and close it again: its status, 101 where it opened, and the beginning of a refusal."""
        try:
            async with self.socket(path, headers) as socket:
                return await _still_open(socket)
        except InvalidStatus as refused:
            return refused.response.status_code, (refused.response.body or b"").decode("utf-8", "replace")[:KEPT]
        except (InvalidMessage, OSError, TimeoutError, EOFError) as silent:
            raise ConsoleSilent(f"WS {path}: {silent or type(silent).__name__}") from silent

    async def streamed(self, path: str, headers: Mapping[str, str]) -> tuple[int, str]:
        """Open a stream of events and close it again: its status, and the beginning of a refusal."""
        async with self.events(path, headers) as answer:
            refusal = "" if answer.is_success else (await answer.aread()).decode("utf-8", "replace")[:KEPT]
            return answer.status_code, refusal


async def _still_open(socket: ClientConnection) -> tuple[int, str]:
    """A WebSocket that is closed for a breach of policy before it says anything was refused, politely."""
    code = socket.close_code
    return (403, socket.close_reason or "") if code == 1008 else (OPEN, "")


_ENCODED = ("content-encoding", "content-length", "transfer-encoding")


def new_id() -> str:
    """Return an id for a request, by which its lines are found."""
    return f"trial-{secrets.token_hex(8)}"


def answered(request: str, answer: httpx.Response) -> Answer:
    """Return an answer as a record."""
    headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
    return Answer(request, answer.status_code, headers, answer.text[:KEPT])


_OWN = re.compile(r'"request_id": ?"[^"]*",?|trial-[0-9a-f]{16}')


def alike(text: str, *names: str) -> str:
    """Return a body without what differs between any two requests: their ids, and the `names` asked for."""
    for name in names:
        text = text.replace(name, "…")
    return _OWN.sub("", text)[:KEPT]


def with_query(path: str, parameters: Mapping[str, Any] | list[tuple[str, str]]) -> str:
    """Return a path with its query."""
    return f"{path}?{urlencode(parameters, doseq=True)}" if parameters else path


def named_services(data: Any) -> list[str]:
    """Return every value under a key `service` of an answer, wherever it stands, each once."""
    found: dict[str, None] = {}

    def walk(part: Any) -> None:
        if isinstance(part, Mapping):
            if isinstance(part.get("service"), str) and part["service"]:
                found[part["service"]] = None
            for each in part.values():
                walk(each)
        elif isinstance(part, list):
            for each in part:
                walk(each)

    walk(data)
    return list(found)


def shown(request: str, answer: httpx.Response, **more: Any) -> Shown:
    """Return what an answer shows: the services that it names; `more` are further fields of the record."""
    kind = answer.headers.get("content-type", "")
    try:
        # A line of JSON ends at a line feed, and holds what other readers of text take for an end of line.
        texts = answer.content.split(b"\n") if "ndjson" in kind else [answer.content] if "json" in kind else []
        services = named_services([json.loads(text) for text in texts if text])
    except ValueError:
        services = []
    detail = answer.text[:300] if answer.status_code >= 400 else ""
    return Shown(request, tuple(services), answer.status_code, detail=detail, **more)
