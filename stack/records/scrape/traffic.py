"""How a service answered the requests sent to provoke its telemetry."""

from dataclasses import dataclass
from typing import Self

from stack.text.plain_yaml import plain_yaml
from stack.text.typed import structure


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and its answer; `status` 0 and `problem` where there was none."""

    method: str
    path: str
    expected: int
    status: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ProvokedTraffic:
    """All provoked requests of one service with their answers."""

    answers: tuple[Answer, ...]

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        return "" if self.answers else "no requests were sent"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from a YAML list of mappings with `Answer`'s fields as keys."""
        return cls(tuple(structure(entry, Answer) for entry in plain_yaml(text)))
