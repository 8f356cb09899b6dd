"""The commands that the documentation gives for the gateway and the console, and how they were answered."""

from dataclasses import dataclass

from stack.records.console.access import OfConsole
from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class Command(FromYaml):
    """A command as it is documented at `file`, `line`; `status` is that of the answer.

    `lines` is how much the answer held: log lines, targets, or what else it lists.
    """

    text: str
    file: str
    line: int
    status: int
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Unasked(FromYaml):
    """A command that could not be executed on the stack of this run, and why."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class ConsoleCommands(OfConsole):
    """Every documented command, executed as it is written."""

    executed: tuple[Command, ...]
    unasked: tuple[Unasked, ...] = ()

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if self.executed else "no documented command was executed"
