"""Ask a running server for its version: its own build information, not the name of a file or an image tag."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[[str, tuple[str, str] | None], str]

TIMEOUT_S = 3.0

Credentials = tuple[str, str] | None
"""User and password, where a server asks for them."""


def version_of(name: str, endpoint: str, auth: Credentials = None) -> str | None:
    """Return the version that the component at `endpoint` states, None where it states none or does not answer."""
    ask = _ASK.get(name)
    if ask is None:
        return None
    try:
        return ask(endpoint, auth) or None
    except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def _from_json(path: str, *keys: str) -> Ask:
    def ask(endpoint: str, auth: Credentials) -> str:
        found: Any = httpx.get(f"{endpoint}{path}", auth=auth, timeout=TIMEOUT_S, trust_env=False).json()
        for key in keys:
            found = found[key]
        return str(found)

    return ask


def _from_metric(metric: str) -> Ask:
    pattern = re.compile(rf'^{metric}\{{[^}}]*\bversion="([^"]+)"', re.MULTILINE)

    def ask(endpoint: str, auth: Credentials) -> str:
        match = pattern.search(httpx.get(f"{endpoint}/metrics", auth=auth, timeout=TIMEOUT_S, trust_env=False).text)
        return match.group(1) if match else ""

    return ask


def _redis(endpoint: str, auth: Credentials) -> str:
    parts = urlsplit(endpoint)
    with socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT_S) as connection:
        if auth:
            connection.sendall(f"AUTH {auth[0]} {auth[1]}\r\n".encode())
            connection.recv(64)
        connection.sendall(b"INFO server\r\n")
        match = re.search(rb"redis_version:(\S+)", connection.recv(4096))
    return match.group(1).decode() if match else ""


_ASK: dict[str, Ask] = {
    "prometheus": _from_json("/api/v1/status/buildinfo", "data", "version"),
    "loki": _from_json("/loki/api/v1/status/buildinfo", "version"),
    "promtail": _from_metric("promtail_build_info"),
    "alloy": _from_metric("alloy_build_info"),
    "grafana": _from_json("/api/health", "version"),
    "alertmanager": _from_json("/api/v2/status", "versionInfo", "version"),
    "node-exporter": _from_metric("node_exporter_build_info"),
    "redis-exporter": _from_metric("redis_exporter_build_info"),
    "redis": _redis,
}
