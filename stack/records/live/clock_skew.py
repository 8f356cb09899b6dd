"""How far a component's clock is from ours, as far as its answers prove it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml

from stack.components import COMPONENTS


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """The bounds of a clock's lead over ours, in seconds (negative: it is behind).

    An answer dated `d`, whole seconds, was made between `d` and `d + 1` by its own clock, and between asking and
    receiving by ours; the truth lies between `least` and `most`.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(name for name in COMPONENTS if name != "redis")

    component: str
    least: float
    most: float

    @classmethod
    def measured(cls, component: str, dated: float, asked: float, received: float) -> Self:
        """Give the bounds for an answer dated `dated`; all in Unix seconds."""
        return cls(component, dated - received, dated + 1.0 - asked)

    @property
    def proven(self) -> float:
        """The least difference that the answer leaves possible; 0 where the clocks may agree."""
        return self.least if self.least > 0 else min(0.0, self.most)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read YAML with the keys `component`, `dated`, `asked` and `received` (Unix seconds)."""
        data = yaml.safe_load(text)
        return cls.measured(data["component"], data["dated"], data["asked"], data["received"])
