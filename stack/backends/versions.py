"""Ask a running server for its version: its own build information, not the name of a file or an image tag."""

import re
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx

from stack.clients.http import tls
from stack.components import COMPONENTS

TIMEOUT_S = 20.0

Credentials = tuple[str, str] | None
"""User and password, where a server asks for them."""


def version_of(name: str, endpoint: str, auth: Credentials = None, http: httpx.Client | None = None) -> str | None:
    """Return the version that the component at `endpoint` states, None where it states none or does not answer.

    `http` is the client that signs in, for more than a user and password.
    """
    info = COMPONENTS.get(name)
    if info is None:
        return None
    try:
        if endpoint.startswith("redis:"):
            return _from_redis(endpoint, auth) or None
        if info.version_json:
            return _from_json(_get(f"{endpoint}{info.version_json[0]}", auth, http), *info.version_json[1:]) or None
        if info.version_metric:
            return _from_metric(_get(f"{endpoint}/metrics", auth, http), info.version_metric) or None
    except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError):
        pass
    return None


def _get(url: str, auth: Credentials, http: httpx.Client | None) -> httpx.Response:
    if http is not None:
        return http.get(url, timeout=TIMEOUT_S)
    return httpx.get(url, auth=auth, timeout=TIMEOUT_S, trust_env=False, verify=tls())


def _from_json(answer: httpx.Response, *keys: str) -> str:
    found: Any = answer.json()
    for key in keys:
        found = found[key]
    return str(found)


def _from_metric(answer: httpx.Response, metric: str) -> str:
    match = re.search(rf'^{metric}\{{[^}}]*\bversion="([^"]+)"', answer.text, re.MULTILINE)
    return match.group(1) if match else ""


def _from_redis(endpoint: str, auth: Credentials) -> str:
    parts = urlsplit(endpoint)
    with socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT_S) as connection:
        if auth:
            connection.sendall(f"AUTH {auth[0]} {auth[1]}\r\n".encode())
            connection.recv(64)
        connection.sendall(b"INFO server\r\n")
        match = re.search(rb"redis_version:(\S+)", connection.recv(4096))
    return match.group(1).decode() if match else ""
