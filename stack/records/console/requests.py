"""Requests that a console must refuse or answer in one way: from other sites and hosts, forged, wrong, too large."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stack.records.console.access import OfConsole
from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class Answer(FromYaml):
    """An answer: `status`, headers with names in lower case, and the beginning of its body."""

    request: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def media_type(self) -> str:
        """The media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class ConsoleHeaders(OfConsole):
    """Answers whose headers are judged: pages, API answers, refusals."""

    answers: tuple[Answer, ...]

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.answers else "the console gave no answer"


@dataclass(frozen=True, slots=True)
class Forgery(FromYaml):
    """A request that pretends something: `what` says it, over `HTTP`, `WebSocket` or `events` (server-sent ones)."""

    what: str
    status: int
    over: str = "HTTP"


@dataclass(frozen=True, slots=True)
class ConsoleForgeries(OfConsole):
    """How the console answered requests by the cookie of a signed-in account, and by nobody, that pretend something.

    `changes` would change something and come from another site, `hosts` name a foreign host, `origins` a foreign
    origin, `identities` carry headers that a proxy before a server adds to say who signed in. `genuine` are the same
    requests without the forgery: where these are refused as well, nothing is shown.
    """

    changes: tuple[Forgery, ...] = ()
    hosts: tuple[Forgery, ...] = ()
    origins: tuple[Forgery, ...] = ()
    identities: tuple[Forgery, ...] = ()
    genuine: tuple[Forgery, ...] = ()

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.changes or self.hosts or self.origins or self.identities else "no request was forged"


@dataclass(frozen=True, slots=True)
class ConsoleAddresses(OfConsole):
    """The address that the audit log has of a request with forged headers about it; None: no line about it."""

    forged: str
    headers: tuple[str, ...]
    audited: str | None = None


@dataclass(frozen=True, slots=True)
class ConsoleReads(OfConsole):
    """Which of accounts and tokens differed after every endpoint was asked by GET, with what its changes take."""

    asked: int
    changed: tuple[str, ...] = ()

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.asked else "nothing was asked by GET"


@dataclass(frozen=True, slots=True)
class ConsoleErrors(OfConsole):
    """Answers to requests that are wrong in one way each."""

    answers: tuple[Answer, ...]

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.answers else "no wrong request was sent"


@dataclass(frozen=True, slots=True)
class Listed(FromYaml):
    """A list that had more than was asked for: `rows` of them were returned of `asked`; `told` is how it says so."""

    request: str
    asked: int
    rows: int
    told: str = ""


@dataclass(frozen=True, slots=True)
class ConsoleBounds(OfConsole):
    """How the console answered requests for too much, and lists that were cut."""

    refused: tuple[Answer, ...] = ()
    lists: tuple[Listed, ...] = ()

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.refused or self.lists else "nothing too large was asked for"
