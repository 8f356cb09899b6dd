"""Typed reads from Alertmanager's HTTP API.

Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from __future__ import annotations

from typing import Any

import httpx

TIMEOUT_S = 10.0


class AlertmanagerError(Exception):
    """Alertmanager did not answer as it should; the text names the URL and what came back."""


class AlertmanagerClient:
    """Reads of one Alertmanager over a shared `httpx.AsyncClient`. All methods raise `AlertmanagerError`."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url.rstrip("/")
        self._http = http

    async def config(self) -> str:
        """Return the configuration in use as YAML text, defaults included, secrets masked."""
        return str((await self._status("config"))["original"])

    async def version(self) -> str:
        """Return the version that it states."""
        return str((await self._status("versionInfo"))["version"])

    async def _status(self, part: str) -> dict[str, Any]:
        url = f"{self.url}/api/v2/status"
        try:
            answer = await self._http.get(url, timeout=TIMEOUT_S)
        except httpx.HTTPError as broken:
            raise AlertmanagerError(f"{url}: no answer ({broken or type(broken).__name__})") from broken
        try:
            found = answer.json()[part]
        except (ValueError, KeyError, TypeError) as malformed:
            raise AlertmanagerError(f"{url}: status {answer.status_code}, body: {answer.text[:300]}") from malformed
        if not isinstance(found, dict):
            raise AlertmanagerError(f"{url}: `{part}` is no object")
        return found
