"""The release of a component that the files pin, and the one that runs; ends of life are in the component table."""

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from stack.component_info import EndOfLife
from stack.components import COMPONENTS
from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class PinnedRelease(FromYaml):
    """Which release of a component is used, and the day on which that is judged."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)

    name: str
    version: str
    today: date
    file: str | None = None
    line: int | None = None

    @property
    def numbered(self) -> bool:
        """Whether it is a release at all: `latest` is none."""
        return bool(_NUMBERS.search(self.version))

    @property
    def end_of_life(self) -> EndOfLife | None:
        """The row of the table that this release falls under, whether its day has come or not."""
        numbers = self.version.removeprefix("v").split(".")
        for row in COMPONENTS[self.name].ends if self.name in COMPONENTS else ():
            wanted = row.versions.split(".") if row.versions else []
            if numbers[: len(wanted)] == wanted:
                return row
        return None


_NUMBERS = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, slots=True)
class RunningRelease(FromYaml):
    """The version that a running component reports, the pinned version, and the day on which they are judged.

    `source` is where the program was found (`make servers`, `PATH`, an image), empty where that is not known.
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
    def as_pinned(self) -> PinnedRelease:
        """The running release as if it were pinned."""
        return PinnedRelease(self.name, numbers(self.version), self.today)


def numbers(version: str) -> str:
    """The numbers of a version: `1.89.0` of `v1.89.0-alpine`; the text itself where it has none."""
    found = _NUMBERS.search(version)
    return found.group() if found else version
