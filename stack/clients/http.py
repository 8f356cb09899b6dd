"""One bounded GET: it ends within its deadline, reads no more than its limit, and never raises for what a peer does."""

from __future__ import annotations

import asyncio
import http.cookiejar
import socket
import ssl
import time
import zlib
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit
from weakref import WeakKeyDictionary

import httpx

from stack.records.scrape import HEAD_CHARACTERS, ErrorKind, Redirect, Scrape

MAX_BYTES = 128 * 1024 * 1024
MAX_REDIRECTS = 5
ERROR_BODY_BYTES = 64 * 1024
"""How much of a body is read when the status says that it is no exposition."""
AT_ONCE = 256
"""Requests in flight per client: below the usual limit of 1024 open files, with room for everything else."""

_gates: WeakKeyDictionary[httpx.AsyncClient, asyncio.Semaphore] = WeakKeyDictionary()


class Fetched(NamedTuple):
    """The record of a request, and the body where there was a complete answer."""

    scrape: Scrape
    body: bytes


def new_client() -> httpx.AsyncClient:
    """Make a client for many services: no connection pool to wait for, no cookies, no proxy, no redirects."""
    no_cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=()))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=AT_ONCE)
    return httpx.AsyncClient(limits=limits, cookies=no_cookies, trust_env=False, follow_redirects=False)


async def fetch(
    client: httpx.AsyncClient,
    url: str,
    accept: str,
    accept_encoding: str = "gzip",
    timeout_s: float = 10.0,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """GET `url` as Prometheus does: the deadline covers everything, redirects on the same host are followed.

    Waiting for a free place among `AT_ONCE` requests does not count as time of the service.
    """
    asked = Scrape(url, accept, accept_encoding, timeout_s=timeout_s, max_bytes=max_bytes)
    gate = _gates.setdefault(client, asyncio.Semaphore(AT_ONCE))
    async with gate:
        attempt = _Attempt(client, asked)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(timeout_s):
                await attempt.run()
        except TimeoutError:
            attempt.fail("timeout", attempt.progress())
        except _Stop as stop:
            attempt.fail(stop.kind, stop.why)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, zlib.error, ValueError) as broken:
            attempt.fail(*_explain(broken, url))
        elapsed = time.perf_counter() - started
    return Fetched(replace(attempt.scrape, elapsed_s=elapsed), b"".join(attempt.chunks))


class _Stop(Exception):  # noqa: N818  # it is how reading ends, not an error of this program
    def __init__(self, kind: ErrorKind, why: str) -> None:
        self.kind: ErrorKind = kind
        self.why = why


@dataclass
class _Attempt:
    """One GET under way: what is known of it so far stands in `scrape` and `chunks`."""

    client: httpx.AsyncClient
    scrape: Scrape

    def __post_init__(self) -> None:
        self.chunks: list[bytes] = []
        self.size = 0

    async def run(self) -> None:
        url, seen = self.scrape.url, set[str]()
        while True:
            seen.add(url)
            location = await self._request(url)
            if location is None:
                break
            url = self._follow(url, location, seen)
        self._keep()

    def fail(self, kind: ErrorKind, why: str) -> None:
        self._keep()
        self.chunks = []
        self.scrape = replace(self.scrape, error_kind=kind, error=why)

    def progress(self) -> str:
        if self.scrape.status is None:
            return "no answer at all"
        return f"{self.size} bytes of the body so far"

    def _keep(self) -> None:
        head = b""
        for chunk in self.chunks:
            head += chunk
            if len(head) >= 4 * HEAD_CHARACTERS:
                break
        text = head.decode("utf-8", "replace")[:HEAD_CHARACTERS]
        self.scrape = replace(self.scrape, size=self.size, head=text)

    async def _request(self, url: str) -> str | None:
        """Send one request; returns where it redirects to, or None once the body is read."""
        _check(url)
        headers = {
            "Accept": self.scrape.accept or "*/*",
            "Accept-Encoding": self.scrape.accept_encoding or "identity",
            "User-Agent": "observability-conformance",
            "X-Prometheus-Scrape-Timeout-Seconds": f"{self.scrape.timeout_s:g}",
        }
        request = self.client.build_request("GET", url, headers=headers, timeout=None)
        response = await self.client.send(request, stream=True, follow_redirects=False)
        try:
            got = tuple((name.lower(), value) for name, value in response.headers.multi_items())
            self.scrape = replace(self.scrape, status=response.status_code, reason=response.reason_phrase, headers=got)
            if response.has_redirect_location:
                return response.headers["location"]
            await self._read(response)
        finally:
            await response.aclose()
        return None

    def _follow(self, url: str, location: str, seen: set[str]) -> str:
        assert self.scrape.status is not None  # noqa: S101  # a redirect has a status; for the type checker
        hops = (*self.scrape.redirects, Redirect(self.scrape.status, location))
        self.scrape = replace(self.scrape, redirects=hops)
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        if there.scheme not in ("http", "https") or there.hostname != here.hostname:
            raise _Stop("redirect", f"it redirects to another host, `{location}`")
        if target in seen:
            raise _Stop("redirect", f"`{location}` redirects in a circle")
        if len(hops) > MAX_REDIRECTS:
            raise _Stop("redirect", f"more than {MAX_REDIRECTS} redirects, the last to `{location}`")
        return target

    async def _read(self, response: httpx.Response) -> None:
        ok = response.status_code == httpx.codes.OK
        limit = self.scrape.max_bytes if ok else min(ERROR_BODY_BYTES, self.scrape.max_bytes)
        encoding = response.headers.get("content-encoding", "").strip().lower()
        unpack = _unpacker(encoding)
        async for raw in response.aiter_raw():
            for chunk in unpack.feed(raw, limit - self.size):
                self.chunks.append(chunk)
                self.size += len(chunk)
            if self.size > limit:
                if not ok:
                    return
                packed = ", unpacked" if isinstance(unpack, _Gunzip) else ""
                raise _Stop("too-large", f"reading stopped after {self.size} bytes{packed}")
        unpack.close()


class _Identity:
    def feed(self, raw: bytes, room: int) -> list[bytes]:
        return [raw[: room + 1]]

    def close(self) -> None:
        return


class _Gunzip(_Identity):
    """Unpacks gzip piece by piece, never more than there is room for."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    def feed(self, raw: bytes, room: int) -> list[bytes]:
        found = []
        while raw and room >= 0:
            if self._stream.eof:  # a gzip file may have several members
                self._stream = zlib.decompressobj(wbits=31)
            chunk = self._stream.decompress(raw, room + 1)
            found.append(chunk)
            room -= len(chunk)
            raw = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        return found

    def close(self) -> None:
        if not self._stream.eof:
            raise _Stop("broken", "the gzip data ends too early")


def _check(url: str) -> None:
    """Refuse what is no address before a library trips over it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise _Stop("connect", f"`{url}` is not an http or https URL with a host and a valid port")


def _unpacker(encoding: str) -> _Identity:
    if encoding in ("", "identity"):
        return _Identity()
    if encoding in ("gzip", "x-gzip"):
        return _Gunzip()
    raise _Stop("broken", f"its encoding `{encoding}` was not asked for and cannot be unpacked")


def _explain(broken: BaseException, url: str) -> tuple[ErrorKind, str]:
    """Put into words what went wrong; the cause behind a library's exception says most."""
    address = _address(url)
    cause: BaseException | None = broken
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "connect", f"connection refused at {address}"
        if isinstance(cause, socket.gaierror):
            return "connect", f"the name `{urlsplit(url).hostname}` does not resolve ({cause.strerror or cause})"
        if isinstance(cause, ssl.SSLError):
            return "connect", f"TLS failed at {address}: {cause.reason or cause}"
        cause = cause.__cause__ or cause.__context__
    if isinstance(broken, httpx.InvalidURL):
        return "connect", f"`{url}` is not a URL: {broken}"
    if isinstance(broken, httpx.ConnectError):
        return "connect", f"no connection to {address}: {broken or type(broken).__name__}"
    if isinstance(broken, zlib.error):
        return "broken", f"the gzip data is damaged ({broken})"
    return "broken", str(broken) or f"the connection was closed ({type(broken).__name__})"


def _address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
