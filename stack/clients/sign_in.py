"""How the servers of a stack are reached: credentials, tenant, certificate, proxy, timeout and rate, each by base URL.

What belongs to one server is sent to that server and to no other.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from stack.clients.http import MAX_BYTES, tls

TENANT = "X-Scope-OrgID"
EARLY_S = 30.0
"""How long before its end a token is no longer used."""


@dataclass(frozen=True)
class OAuth2:
    """The client credentials grant, https://www.rfc-editor.org/rfc/rfc6749#section-4.4."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Access:
    """How one server is reached; what is empty is not used.

    `basic` are user and password, `bearer` is a token, `certificate` the paths of a client certificate and its key,
    `timeout_s` in seconds. `ca_file` is trusted beside the authorities of the system, `socket` the path of a Unix
    socket in place of the URL's host.
    """

    basic: tuple[str, str] | None = field(default=None, repr=False)
    bearer: str = field(default="", repr=False)
    oauth2: OAuth2 | None = None
    tenant: str = ""
    certificate: tuple[str, str] | None = None
    proxy: str = ""
    timeout_s: float = 0.0
    ca_file: str = ""
    socket: str = ""

    def context(self) -> ssl.SSLContext:
        """What its TLS connections trust and show."""
        if self.certificate is None and not self.ca_file:
            return tls()
        context = ssl.create_default_context()
        if self.certificate is not None:
            context.load_cert_chain(*self.certificate)
        if self.ca_file:
            context.load_verify_locations(self.ca_file)
        return context

    def transport(self, limits: httpx.Limits) -> dict[str, Any]:
        """The arguments of httpx's transports that follow from it."""
        return {"verify": self.context(), "limits": limits, "proxy": self.proxy or None, "uds": self.socket or None}


class SignIn(httpx.Auth):
    """Signs requests whose URL is below one of the given base URLs; others stay as they are."""

    requires_response_body = True  # that of the server that gives tokens

    def __init__(self, known: Mapping[str, Access]) -> None:
        # The longest first: `https://host/loki` goes before `https://host`.
        self._known = [(url.rstrip("/"), known[url]) for url in sorted(known, key=len, reverse=True)]
        self._tokens: dict[OAuth2, tuple[str, float]] = {}

    def access(self, url: str) -> Access | None:
        """How the server of a URL is reached."""
        return next((one for base, one in self._known if url == base or url.startswith((f"{base}/", f"{base}?"))), None)

    def headers(self, url: str) -> dict[str, str]:
        """The headers that a request has, for what is no HTTP client; a token is the last that was given."""
        request, access = httpx.Request("GET", url), self.access(url)
        if access is not None:
            next(self._signed(request, access))
        names = ("authorization", TENANT)
        return {name: request.headers[name] for name in names if name in request.headers}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield the request, signed where it goes to a known server; before it one for a token, where that is needed.

        Raises:
            httpx.RequestError: no token was given.

        """
        access = self.access(str(request.url))
        if access is None:
            yield request
            return
        grant = access.oauth2
        if grant is not None and self._tokens.get(grant, ("", 0.0))[1] < time.monotonic():
            data = {"grant_type": "client_credentials", **({"scope": " ".join(grant.scopes)} if grant.scopes else {})}
            asking = httpx.Request("POST", grant.token_url, data=data)
            answer = yield next(httpx.BasicAuth(grant.client_id, grant.client_secret).auth_flow(asking))
            self._tokens[grant] = _token(answer, request)
        yield from self._signed(request, access)

    def _signed(self, request: httpx.Request, access: Access) -> Generator[httpx.Request, httpx.Response, None]:
        if access.tenant:
            request.headers.setdefault(TENANT, access.tenant)
        bearer = access.bearer or (self._tokens.get(access.oauth2, ("", 0.0))[0] if access.oauth2 else "")
        if bearer:
            request.headers["authorization"] = f"Bearer {bearer}"
        if access.basic:
            yield from httpx.BasicAuth(*access.basic).auth_flow(request)
        else:
            yield request


def _token(answer: httpx.Response, request: httpx.Request) -> tuple[str, float]:
    try:
        given: Mapping[str, Any] = answer.raise_for_status().json()
        return str(given["access_token"]), time.monotonic() + float(given.get("expires_in", 300)) - EARLY_S
    except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
        where = answer.request.url.copy_with(query=None)
        raise httpx.RequestError(f"{where} gave no token: {answer.status_code}", request=request) from None


class Pace:
    """Lets requests pass one after another, at most so many per second."""

    def __init__(self, per_second: float) -> None:
        self._every, self._next = 1 / per_second, 0.0

    async def turn(self) -> None:
        """Wait for a turn."""
        now = time.monotonic()
        self._next = max(now, self._next + self._every)
        await asyncio.sleep(self._next - now)


class _Paced(httpx.AsyncBaseTransport):
    """Requests to one server: in their turn, and with its timeout."""

    def __init__(self, access: Access, limits: httpx.Limits, pace: Pace | None) -> None:
        self._inner = httpx.AsyncHTTPTransport(**access.transport(limits))
        self._timeout_s, self._pace = access.timeout_s, pace

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._pace is not None:
            await self._pace.turn()
        if self._timeout_s:
            request.extensions = {**request.extensions, "timeout": httpx.Timeout(self._timeout_s).as_dict()}
        answer = await self._inner.handle_async_request(request)
        if isinstance(answer.stream, httpx.AsyncByteStream):
            answer.stream = _Bounded(answer.stream, request)
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bounded(httpx.AsyncByteStream):
    """The body of an answer, of which no more than `MAX_BYTES` are read."""

    def __init__(self, inner: httpx.AsyncByteStream, request: httpx.Request) -> None:
        self._inner, self._request = inner, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._inner:
            size += len(piece)
            if size > MAX_BYTES:
                # Not a `ReadError`: that would be tried again.
                raise httpx.DecodingError(f"more than {MAX_BYTES >> 20} MiB", request=self._request)
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


def async_client(known: Mapping[str, Access], limits: httpx.Limits, per_second: float = 0.0) -> httpx.AsyncClient:
    """A client that reaches each of these servers as it must be; at most so many requests per second, 0 for any."""
    pace = Pace(per_second) if per_second else None
    mounts = {_host(url): _Paced(access, limits, pace) for url, access in known.items()}
    return httpx.AsyncClient(limits=limits, trust_env=False, verify=tls(), auth=SignIn(known), mounts=mounts)


def sync_client(known: Mapping[str, Access], timeout_s: float) -> httpx.Client:
    """A client for a few requests to each of these servers, which leaves no connection open."""
    limits = httpx.Limits(max_keepalive_connections=0)
    mounts = {_host(url): httpx.HTTPTransport(**access.transport(limits)) for url, access in known.items()}
    return httpx.Client(
        timeout=timeout_s, limits=limits, trust_env=False, verify=tls(), auth=SignIn(known), mounts=mounts
    )


def _host(url: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))
