"""What a console's audit log has of what was done."""

from dataclasses import dataclass

from stack.records.console.access import OfConsole
from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class Act(FromYaml):
    """Something that was done, and the event that the audit log must have of it.

    `audited`: whether the API gives a line with this event and the request's id; `stored`: whether the log store has
    it, None where nothing ships the log there.
    """

    what: str
    event: str
    audited: bool
    stored: bool | None = None


@dataclass(frozen=True, slots=True)
class ConsoleAudit(OfConsole):
    """The acts of a trial and whether each left its line; `no_store` says why the log store was not asked."""

    acts: tuple[Act, ...]
    no_store: str = ""

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.acts else "nothing was done that is audited"


@dataclass(frozen=True, slots=True)
class ConsoleChain(OfConsole):
    """The chain of the audit log: how many `lines` it has, and its `breaks`.

    `claimed` is what the console says about it, `breaks` what its exported lines show.
    """

    lines: int
    claimed: bool
    breaks: tuple[str, ...] = ()

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.lines else "the audit log has no line"
