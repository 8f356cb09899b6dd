"""What happens at the running gateway: without credentials, with ones that anybody would try, and with a live tail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml

REFUSED = frozenset({401, 403})
"""The statuses that turn somebody away."""


@dataclass(frozen=True, slots=True)
class Door:
    """One path asked without credentials: the status, and where it redirects to (empty: nowhere)."""

    path: str
    status: int
    location: str = ""

    @property
    def closed(self) -> bool:
        """Whether whoever has no credentials is turned away, or sent to a page to sign in at."""
        return self.status in REFUSED or (300 <= self.status < 400 and "login" in self.location)


@dataclass(frozen=True, slots=True)
class GatewayTrial:
    """The answers of one gateway.

    `doors` were asked without credentials; `tried` are the weak ones (`user:password`) offered at the first of them,
    and `accepted` those that were let in; `health` is the status of `/` without credentials.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("gateway",)

    url: str
    doors: tuple[Door, ...]
    tried: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    health: int = 200

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML with its fields as keys."""
        data = yaml.safe_load(text)
        doors = tuple(Door(**door) for door in data["doors"])
        tried, accepted = (tuple(data.get(name, ())) for name in ("tried", "accepted"))
        return cls(data["url"], doors, tried, accepted, data.get("health", 200))


@dataclass(frozen=True, slots=True)
class GatewayTail:
    """An attempt to follow Loki's live tail through the gateway; `problem` says what went wrong, empty: nothing."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("gateway",)

    url: str
    problem: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML with its fields as keys."""
        return cls(**yaml.safe_load(text))
