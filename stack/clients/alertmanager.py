"""Typed reads from Alertmanager's HTTP API.

Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from collections.abc import Mapping
from typing import Any

from stack.clients.server_client import ServerClient, ServerError, excerpt, place


class AlertmanagerError(ServerError):
    """Alertmanager did not answer as it should."""


class AlertmanagerClient(ServerClient):
    """Reads of one Alertmanager. All methods raise `AlertmanagerError`."""

    error = AlertmanagerError

    async def alerts(self) -> tuple[Mapping[str, Any], ...]:
        """Return all alerts with labels, the receivers that they are routed to, and whether they are inhibited."""
        return tuple(self.json(await self.send("GET", "/api/v2/alerts"), list))

    async def silences(self) -> tuple[Mapping[str, Any], ...]:
        """Return all silences with matchers, times and status."""
        return tuple(self.json(await self.send("GET", "/api/v2/silences"), list))

    async def config(self) -> dict[str, Any]:
        """Return the effective configuration, defaults included, secrets masked."""
        answer = await self.send("GET", "/api/v2/status")
        try:
            return self.configuration(self.json(answer, dict)["config"]["original"])
        except (KeyError, TypeError) as malformed:
            raise AlertmanagerError(f"{place(answer)}: {excerpt(answer)}") from malformed
