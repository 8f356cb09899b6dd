"""Who may ask a console for what: its contract, how it answered each role, and what limited accounts were shown."""

from dataclasses import dataclass
from typing import ClassVar

from stack.text.typed import FromYaml

REFUSED = frozenset({401, 403})
UNREAD = frozenset({*REFUSED, 404, 429, 503, 504})
"""Answers that do not show whether what was sent has been read."""


class OfConsole(FromYaml):
    """What the records of a console have in common: they are judged for the component of that name."""

    __slots__ = ()
    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("console",)


@dataclass(frozen=True, slots=True)
class ConsoleContract(OfConsole):
    """What the console says that it offers.

    `endpoints` are written as `GET /api/v1/users` or `WS /api/v1/ws/metrics`; `query` are the names of its query
    parameters, as `GET /api/v1/logs/{service_id} contains`.
    """

    endpoints: tuple[str, ...]
    query: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked(FromYaml):
    """How one endpoint answered one account.

    `account` is a role, `nobody`, or `limited` for an account that sees a part of the platform. `about` says what was
    asked for: `own` lies within the account's scope, `other` outside of it, `absent` does not exist; empty where the
    endpoint is about nothing in particular. `status` is that of the answer, 101 for an open WebSocket. `body` is its
    beginning, without what differs between any two requests.
    """

    endpoint: str
    account: str
    status: int
    about: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class ConsoleAccess(OfConsole):
    """How every endpoint of the contract answered every role."""

    asked: tuple[Asked, ...]

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        if not self.asked:
            return "no endpoint of the console was asked"
        known = any(one.account != "nobody" for one in self.asked)
        return "" if known else "no account asked: name some under `console: accounts:` in the target file"


@dataclass(frozen=True, slots=True)
class ConsoleScope(OfConsole):
    """How the console answered an account with a limited scope about what lies in and outside of it."""

    asked: tuple[Asked, ...]

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        asked = any(one.about == "other" for one in self.asked)
        return "" if asked else "no limited account asked for something outside of its scope"


@dataclass(frozen=True, slots=True)
class Shown(FromYaml):
    """What one answer showed a limited account.

    `services` are the services that it names, each once; `text` is what was sent in `parameter`, where that was the
    point. `expected` and `found` are numbers of lines, None where they are not known.
    """

    request: str
    services: tuple[str, ...]
    status: int = 200
    parameter: str = ""
    text: str = ""
    detail: str = ""
    expected: int | None = None
    found: int | None = None


@dataclass(frozen=True, slots=True)
class ConsoleListings(OfConsole):
    """Lists as a limited account gets them; `allowed` are the services that it may see."""

    allowed: tuple[str, ...]
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class ConsoleQueries(OfConsole):
    """Text that looks like a query language, sent through every text parameter by an account that may see `allowed`."""

    allowed: tuple[str, ...]
    sent: tuple[Shown, ...]

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.sent else "no text was sent through a parameter"
