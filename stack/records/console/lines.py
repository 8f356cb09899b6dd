"""Log lines through a console: exports against what is stored, and live tails over a cut."""

from dataclasses import dataclass

from stack.records.console.access import OfConsole
from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class Export(FromYaml):
    """One export: how many lines are `stored` in the range and `exported`, and where both first differ."""

    form: str
    stored: int
    exported: int
    first_difference: str = ""


@dataclass(frozen=True, slots=True)
class ConsoleExports(OfConsole):
    """Exports of a range, each compared byte for byte with what the log store itself gives."""

    exports: tuple[Export, ...]

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if any(one.stored for one in self.exports) else "no line was stored that could be exported"


@dataclass(frozen=True, slots=True)
class Tail(FromYaml):
    """The numbers of the lines that a client got live, in its order, over `cuts` of its connection.

    `written` lines, numbered from 1, were written while it watched or was cut off. `announced` is how many lines the
    console said that it had left out.
    """

    over: str
    written: int
    got: tuple[int, ...]
    cuts: int = 1
    announced: int = 0


@dataclass(frozen=True, slots=True)
class ConsoleTails(OfConsole):
    """Live tails as WebSocket and as server-sent events.

    `behind_s` are times from when the log store had a line until the client had it, in seconds of a machine with a free
    core; each line was written alone, and none followed it until it was there.
    """

    tails: tuple[Tail, ...]
    behind_s: tuple[float, ...] = ()

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing to judge, empty where there is."""
        return "" if any(one.got for one in self.tails) else "no live tail delivered any line"
