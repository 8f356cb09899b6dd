"""How the running gateway answers requests without credentials, with weak credentials, and for a live tail."""

from dataclasses import dataclass
from typing import ClassVar

from stack.text.typed import FromYaml

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
class GatewayTrial(FromYaml):
    """The answers of one gateway.

    `routes` were requested without credentials; `tried` are the weak credentials (`user:password`) sent to the first
    of them and looked at, `accepted` those that it accepted, `unread` how many more were answered with 429; `health`
    is the status of the path `front` without credentials (empty: the site has no such page).
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("gateway",)

    url: str
    routes: tuple[Route, ...]
    tried: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    front: str = "/"
    health: int = 200
    unread: int = 0


@dataclass(frozen=True, slots=True)
class GatewayTail(FromYaml):
    """A request for Loki's live tail through the gateway; `problem` is why it failed, empty where it worked."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("gateway",)

    url: str
    problem: str = ""
