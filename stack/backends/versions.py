"""Ask a running server for its version: its own build information, not the name of a file or an image tag."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_S = 3.0


def version_of(name: str, endpoint: str) -> str | None:
    """Return the version that the component at `endpoint` states, None where it states none or does not answer."""
    ask = _ASK.get(name)
    if ask is None:
        return None
    try:
        return ask(endpoint) or None
    except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def _from_json(path: str, *keys: str) -> Callable[[str], str]:
    def ask(endpoint: str) -> str:
        found: Any = httpx.get(f"{endpoint}{path}", timeout=TIMEOUT_S, trust_env=False).json()
        for key in keys:
            found = found[key]
        return str(found)

    return ask


def _from_metric(metric: str) -> Callable[[str], str]:
    pattern = re.compile(rf'^{metric}\{{[^}}]*\bversion="([^"]+)"', re.MULTILINE)

    def ask(endpoint: str) -> str:
        match = pattern.search(httpx.get(f"{endpoint}/metrics", timeout=TIMEOUT_S, trust_env=False).text)
        return match.group(1) if match else ""

    return ask


def _redis(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    with socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT_S) as connection:
        connection.sendall(b"INFO server\r\n")
        match = re.search(rb"redis_version:(\S+)", connection.recv(4096))
    return match.group(1).decode() if match else ""


_ASK: dict[str, Callable[[str], str]] = {
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
