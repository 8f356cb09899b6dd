"""Which release of a component answers, beside the one that the stack's files pin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

import yaml

from stack.components import COMPONENTS
from stack.records.config.release import ComponentRelease, EndOfLife

_NUMBERS = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, slots=True)
class LiveRelease:
    """A running component's own word on its version, the pinned version, and the day on which that is judged.

    `source` says where the program was found (`make servers`, `PATH`, an image), empty where that is not known.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(COMPONENTS)

    name: str
    version: str
    pinned: str
    today: date
    source: str = ""

    @property
    def is_pinned(self) -> bool:
        """Whether both are the same release, whatever is written around its numbers (`v1.89.0-alpine`)."""
        return numbers(self.version) == numbers(self.pinned)

    @property
    def end_of_life(self) -> EndOfLife | None:
        """The row of the table of ends of life that the running release falls under, come or not."""
        return ComponentRelease(self.name, numbers(self.version), self.today).end_of_life

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML with its fields as keys."""
        return cls(**yaml.safe_load(text))


def numbers(version: str) -> str:
    """The numbers of a version: `1.89.0` of `v1.89.0-alpine`; the text itself where it has none."""
    found = _NUMBERS.search(version)
    return found.group() if found else version
