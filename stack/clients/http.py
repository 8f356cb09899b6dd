"""One bounded GET: it ends within its deadline, reads no more than its limit, and never raises for what a peer does.

It speaks HTTP through h11 on a connection of its own. A general client's pool and layers cost two milliseconds of
processor time per request, which for hundreds of services at once is the whole time there is.
"""

import asyncio
import http.client
import os
import ssl
import time
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit
from weakref import WeakKeyDictionary

import h11

from stack.clients.errors import explain
from stack.clients.http_answer import PIECE_BYTES, HttpAnswer, StoppedError
from stack.clients.unpack import unpacker
from stack.eventually import contention
from stack.records.scrape.scrape import END_BYTES, HEAD_CHARACTERS, ErrorKind, Redirect, Scrape

MAX_BYTES = 128 * 1024 * 1024
MAX_REDIRECTS = 5
ERROR_BODY_BYTES = 64 * 1024
"""How much of a body is read when the status says that it is no exposition."""
AT_ONCE = 256
"""Connections open at once: below the usual limit of 1024 files, with room for everything else."""
AT_ONCE_PER_HOST = 5
"""Requests under way at once to one host and port: many services may be behind one small server."""
CA_VARIABLE = "SSL_CERT_FILE"
"""The variable by which OpenSSL and Go find a file of certificates to trust."""
LATE_S = 1.0
"""Services close a connection on which no request comes for a while, usually after 5 s. A request that this process was
so late to send, counted from when it began to connect, says nothing of the service where it is not answered."""
LATE_SENDS = 3
"""How often a request is sent at most, where it was sent late each time."""
REDIRECTING = (301, 302, 303, 307, 308)


class _Gates:
    """The places of one event loop: for all connections, and for those to each host and port."""

    def __init__(self) -> None:
        self.all = asyncio.Semaphore(AT_ONCE)
        self.by_host: dict[str, asyncio.Semaphore] = {}
        self.urls: dict[str, set[str]] = {}


_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, _Gates] = WeakKeyDictionary()


@asynccontextmanager
async def place_at(url: str) -> AsyncIterator[None]:
    """Wait for a place among the requests that may be under way at once, in all and to the host of `url`."""
    gates = _gates.setdefault(asyncio.get_running_loop(), _Gates())
    host = _host(url)
    async with gates.by_host.setdefault(host, asyncio.Semaphore(AT_ONCE_PER_HOST)), gates.all:
        yield


def crowded(url: str) -> bool:
    """Whether this process scrapes so many other addresses of that host that it may be slow for that."""
    gates = _gates.setdefault(asyncio.get_running_loop(), _Gates())
    return len(gates.urls.get(_host(url), ())) > AT_ONCE_PER_HOST


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]


class Fetched(NamedTuple):
    """The record of a request, and the body where there was a complete answer."""

    scrape: Scrape
    body: bytes


async def fetch(
    url: str,
    accept: str,
    accept_encoding: str = "gzip",
    timeout_s: float = 10.0,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """GET `url` as Prometheus does: the deadline covers everything, redirects on the same host are followed.

    `timeout_s` are seconds of a machine with a free core: a service on a busy one is not slow for that.

    Waiting for a free place among `AT_ONCE` connections, or `AT_ONCE_PER_HOST` to its host, does not count as time of
    the service. A user name and password in the URL are sent as basic authentication and left out of the record.
    """
    shown, authorization = _without_user(url)
    attempt = _Attempt(Scrape(shown, accept, accept_encoding, timeout_s=timeout_s, max_bytes=max_bytes), authorization)
    _gates.setdefault(asyncio.get_running_loop(), _Gates()).urls.setdefault(_host(url), set()).add(url)
    async with place_at(url):
        started = time.perf_counter()
        try:
            async with asyncio.timeout(timeout_s * contention()):
                await attempt.run()
        except TimeoutError:
            attempt.fail("timeout", attempt.progress())
        except StoppedError as stop:
            attempt.fail(stop.kind, stop.message)
        except (OSError, zlib.error, ValueError) as broken:
            attempt.fail(*explain(broken, attempt.url))
        elapsed = time.perf_counter() - started
    return Fetched(replace(attempt.scrape, elapsed_s=elapsed), b"".join(attempt.chunks))


@dataclass
class _Attempt:
    """One GET under way; `scrape` and `chunks` hold what is known of it so far."""

    scrape: Scrape
    authorization: str | None

    def __post_init__(self) -> None:
        self.chunks: list[bytes | bytearray] = []
        self.size = 0
        self.url = self.scrape.url

    async def run(self) -> None:
        seen = set[str]()
        while True:
            seen.add(self.url)
            location = await self._request(self.url)
            if location is None:
                break
            self.url = self._follow(self.url, location, seen)
        self._keep()

    def fail(self, kind: ErrorKind, message: str) -> None:
        self._keep()
        self.chunks = []
        if kind == "cut" and self.scrape.status is None and self.url.startswith("https:"):
            kind, message = "tls", f"{message} after the TLS handshake, as one does that requires a client certificate"
        if self.scrape.redirects and kind in ("connect", "tls", "http", "cut"):
            kind, message = "redirect", f"`{self.scrape.redirects[-1].location}`: {message}"
        self.scrape = replace(self.scrape, error_kind=kind, error=message)

    def progress(self) -> str:
        after = f" after the redirect to `{self.scrape.redirects[-1].location}`" if self.scrape.redirects else ""
        if self.scrape.status is None or self.scrape.status in REDIRECTING:
            return f"no answer at all{after}"
        return f"{self.size} bytes of the body so far{after}"

    def _keep(self) -> None:
        head = b"".join(self.chunks[:8])[: 4 * HEAD_CHARACTERS]
        end = b"".join(chunk[-END_BYTES:] for chunk in self.chunks[-END_BYTES:])[-END_BYTES:]
        first, last = (part.decode("utf-8", "replace") for part in (head, end))
        self.scrape = replace(self.scrape, size=self.size, head=first[:HEAD_CHARACTERS], end=last)

    async def _request(self, url: str, sends_left: int = LATE_SENDS - 1) -> str | None:
        """Send one request; returns where it redirects to, or None once the body is read."""
        parts = _address(url)
        secure = parts.scheme == "https"
        begun = time.monotonic()
        reader, writer = await asyncio.open_connection(
            parts.hostname, parts.port or (443 if secure else 80), ssl=tls() if secure else None, limit=PIECE_BYTES
        )
        try:
            request = h11.Request(method="GET", target=_target(parts), headers=self._headers(parts))
            answer = HttpAnswer(request, reader)
            writer.write(answer.sent)
            await writer.drain()
            late = time.monotonic() - begun > LATE_S
            try:
                response = await answer.head()
            except (StoppedError, ConnectionError):
                if answer.begun or not late or not sends_left:
                    raise
                return await self._request(url, sends_left - 1)
            self._note(response)
            location = self.scrape.header("location")
            if response.status_code in REDIRECTING and location:
                return location
            await self._read(answer)
        finally:
            writer.transport.abort()  # nothing more is expected of either side
        return None

    def _headers(self, parts: SplitResult) -> list[tuple[str, str]]:
        headers = [
            ("Host", parts.netloc),
            ("Accept", self.scrape.accept or "*/*"),
            ("Accept-Encoding", self.scrape.accept_encoding or "identity"),
            ("User-Agent", "Prometheus/3 (observability-conformance)"),  # some endpoints refuse others
            ("X-Prometheus-Scrape-Timeout-Seconds", f"{self.scrape.timeout_s:g}"),
            ("Connection", "close"),
        ]
        return headers + ([("Authorization", self.authorization)] if self.authorization else [])

    def _note(self, response: h11.Response) -> None:
        reason = response.reason.decode("latin-1")
        reason = reason or http.client.responses.get(response.status_code, "")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
        self.scrape = replace(self.scrape, status=response.status_code, reason=reason, headers=headers)

    def _follow(self, url: str, location: str, seen: set[str]) -> str:
        hops = (*self.scrape.redirects, Redirect(self.scrape.status or 0, location))
        self.scrape = replace(self.scrape, redirects=hops)
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        if there.scheme not in ("http", "https") or there.hostname != here.hostname:
            raise StoppedError("redirect", f"it redirects to another host, `{location}`")
        if target in seen:
            raise StoppedError("redirect", f"`{location}` redirects in a circle")
        if len(hops) > MAX_REDIRECTS:
            raise StoppedError("redirect", f"more than {MAX_REDIRECTS} redirects, the last to `{location}`")
        return target

    async def _read(self, answer: HttpAnswer) -> None:
        ok = self.scrape.status == http.HTTPStatus.OK
        limit = self.scrape.max_bytes if ok else min(ERROR_BODY_BYTES, self.scrape.max_bytes)
        unpack = unpacker(self.scrape.header("content-encoding") or "")
        async for piece in answer.body():
            for chunk in unpack.feed(piece, limit - self.size):
                self.chunks.append(chunk)
                self.size += len(chunk)
            if self.size > limit:
                if not ok:
                    return
                raise StoppedError("too-large", f"reading stopped after {self.size} bytes{unpack.remark}")
        unpack.close()


def _address(url: str) -> SplitResult:
    """Take the URL apart; refuses what is no address before a library trips over it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise StoppedError("connect", f"`{url}` is not an http or https URL with a host and a valid port")
    return parts


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    return f"{path}?{quote(parts.query, safe='/%:@!$&()*+,;=~?[]')}" if parts.query else path


def _without_user(url: str) -> tuple[str, str | None]:
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if not at:
        return url, None
    return f"{scheme}{mark}{host}{slash}{path}", f"Basic {b64encode(unquote(user).encode()).decode()}"


def tls() -> ssl.SSLContext:
    """The authorities of the system, and those in the file that the variable names."""
    return _tls(os.environ.get(CA_VARIABLE))


@cache
def _tls(_ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context()
