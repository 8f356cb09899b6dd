"""Asks a gateway as a stranger, with credentials, and for a live tail."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import ssl
from urllib.parse import quote, urlsplit

import httpx

from stack.records.live.gateway_trial import REFUSED, Route

TIMEOUT_S = 5.0
TAIL = "/loki/api/v1/tail"
_WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""The fixed text of RFC 6455, section 1.3."""


class GatewayError(Exception):
    """The gateway did not answer at all; the text names the URL."""


class GatewayClient:
    """One gateway over a shared `httpx.AsyncClient`. All methods raise `GatewayError` unless they say otherwise."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url.rstrip("/")
        self._http = http

    async def route(self, path: str) -> Route:
        """Ask for a path without credentials."""
        answer = await self._get(path, None)
        return Route(path, answer.status_code, answer.headers.get("location", ""))

    async def lets_in(self, path: str, user: str, password: str) -> bool:
        """Say whether these credentials are accepted at a path that asks for some."""
        return (await self._get(path, (user, password))).status_code not in REFUSED

    async def tail_problem(self, query: str, credentials: tuple[str, str] | None) -> str:
        """Open Loki's live tail and close it again; say what went wrong, nothing where it opened. Never raises."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await _handshake(f"{self.url}{TAIL}?query={quote(query)}&limit=1", credentials)
        except TimeoutError:
            return f"no answer within {TIMEOUT_S:g} s"
        except (OSError, asyncio.IncompleteReadError, ValueError) as broken:
            return f"{type(broken).__name__}: {broken}"

    async def _get(self, path: str, credentials: tuple[str, str] | None) -> httpx.Response:
        try:
            return await self._http.get(
                f"{self.url}{path}", auth=credentials, timeout=TIMEOUT_S, follow_redirects=False
            )
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            raise GatewayError(f"{self.url}{path}: no answer ({broken or type(broken).__name__})") from broken


async def _handshake(url: str, credentials: tuple[str, str] | None) -> str:
    """Shake hands as RFC 6455, section 4.1, wants it; a client library would hide what the proxy answered."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    key = base64.b64encode(os.urandom(16)).decode()
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context() if secure else None)
    try:
        sign_in = ""
        if credentials:
            sign_in = f"Authorization: Basic {base64.b64encode(':'.join(credentials).encode()).decode()}\r\n"
        writer.write(
            f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n{sign_in}"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        return _refusal(head, key)
    finally:
        writer.close()


def _refusal(head: str, key: str) -> str:
    status, *fields = head.split("\r\n")
    code = status.partition(" ")[2].strip()
    if not code.startswith("101"):
        return f"answered {code} instead of 101 Switching Protocols"
    given = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    digest = hashlib.sha1(f"{key}{_WEBSOCKET_GUID}".encode(), usedforsecurity=False).digest()
    if given.get("sec-websocket-accept") != base64.b64encode(digest).decode():
        return "the answer to the WebSocket key is wrong: something between does not hand it on"
    return ""
