"""Whether a component of the stack is there and ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml

from stack.components import COMPONENTS


@dataclass(frozen=True, slots=True)
class ComponentState:
    """One component as the run found it.

    `provenance` is container, native, embedded, attached or absent; `problem` says why it is not ready (the
    server's own last words where it died), None for a component that answered its ready check to the end of the
    collection.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(COMPONENTS)

    name: str
    provenance: str
    version: str | None = None
    endpoint: str | None = None
    problem: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML with its fields as keys."""
        return cls(**yaml.safe_load(text))
