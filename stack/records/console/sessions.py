"""Sign-in at a console: the cookie, how long it holds, what is said of wrong passwords, and where secrets turn up."""

from dataclasses import dataclass

from stack.records.console.access import OfConsole
from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class StreamEnd(FromYaml):
    """Whether a stream that was open ended after its session was over."""

    stream: str
    ended: bool


@dataclass(frozen=True, slots=True)
class ConsoleSession(OfConsole):
    """One session from sign-in to sign-out.

    `cookie` is the header that set it, without the value. The numbers are statuses of `GET /session`: with an id that
    the client chose before it signed in (`planted`), with the first id after a second sign-in of the same browser, and
    with the id after sign-out; None: not tried. `same_id` says whether two sign-ins gave one id.
    """

    cookie: str
    https: bool = False
    signed_in: int = 200
    planted: int | None = None
    before: int | None = None
    same_id: bool = False
    signed_out: int | None = None
    streams: tuple[StreamEnd, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsoleTls(OfConsole):
    """A sign-in at a console that is reached by TLS, which a gateway ends.

    `cookie` is the header that set its session, without the value, `transport` the header Strict-Transport-Security.
    """

    status: int
    cookie: str = ""
    transport: str = ""


@dataclass(frozen=True, slots=True)
class ConsoleTerminal(OfConsole):
    """A terminal of a host that was open when its account signed out: whether it had opened, and then ended.

    `signed_out` is the status of the session afterwards.
    """

    opened: bool
    ended: bool = False
    signed_out: int = 401


@dataclass(frozen=True, slots=True)
class Refusal(FromYaml):
    """How a wrong sign-in was answered; `body` without what differs between any two requests."""

    status: int
    body: str = ""
    retry_after: str = ""

    @property
    def is_told(self) -> bool:
        """Whether the password was looked at: a lock, a failure, or a console that takes none says nothing of it."""
        return self.status < 400 or self.status == 401


@dataclass(frozen=True, slots=True)
class ConsoleSignIns(OfConsole):
    """Sign-ins with wrong passwords: of an account that exists and of one that does not, many in a row, and usual ones.

    `in_a_row` are the answers to wrong passwords of one account, `then_right` that to the right one behind them.
    `tried` and `accepted` are names of accounts whose usual passwords were tried, and looked at.
    """

    known: Refusal
    unknown: Refusal
    in_a_row: tuple[Refusal, ...] = ()
    then_right: Refusal | None = None
    tried: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leak(FromYaml):
    """A secret that was found: its kind, and where."""

    kind: str
    where: str


@dataclass(frozen=True, slots=True)
class ConsoleSecrets(OfConsole):
    """Whether secrets that the console was given turn up where many can read them.

    `lines` of its logs were searched for the secrets of the kinds `searched`.
    """

    lines: int
    searched: tuple[str, ...] = ()
    leaks: tuple[Leak, ...] = ()

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.lines and self.searched else "no line of the console's logs was searched"


@dataclass(frozen=True, slots=True)
class UrlToken(FromYaml):
    """A request whose only credential was a token in the query."""

    parameter: str
    status: int


@dataclass(frozen=True, slots=True)
class ConsoleUrls(OfConsole):
    """Whether secrets can stand in a URL: tokens as a parameter, and parameters of the contract made for secrets."""

    tokens: tuple[UrlToken, ...]
    parameters: tuple[str, ...] = ()

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.tokens else "no token was sent in a URL"
