"""How the running gateway answers requests without credentials, with weak credentials, and for a live tail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml

REFUSED = frozenset({401, 403})
"""The statuses that deny access."""


@dataclass(frozen=True, slots=True)
class Route:
    """The answer to a request without credentials: its status, and where it redirects to (empty: nowhere)."""

    path: str
    status: int
    location: str = ""

    @property
    def denied(self) -> bool:
        """Whether access is denied, or the client is redirected to a login page."""
        return self.status in REFUSED or (300 <= self.status < 400 and "login" in self.location)


@dataclass(frozen=True, slots=True)
class GatewayTrial:
    """The answers of one gateway.

    `routes` were requested without credentials; `tried` are the weak credentials (`user:password`) sent to the first
    of them, and `accepted` those that it accepted; `health` is the status of `/` without credentials.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("gateway",)

    url: str
    routes: tuple[Route, ...]
    tried: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    health: int = 200

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML with its fields as keys."""
        data = yaml.safe_load(text)
        routes = tuple(Route(**route) for route in data["routes"])
        tried, accepted = (tuple(data.get(name, ())) for name in ("tried", "accepted"))
        return cls(data["url"], routes, tried, accepted, data.get("health", 200))


@dataclass(frozen=True, slots=True)
class GatewayTail:
    """A request for Loki's live tail through the gateway; `problem` is why it failed, empty where it worked."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("gateway",)

    url: str
    problem: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML with its fields as keys."""
        return cls(**yaml.safe_load(text))
