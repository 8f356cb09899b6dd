"""Which values one variable of a dashboard found.

The text form is YAML with the fields as keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml


@dataclass(frozen=True, slots=True)
class VariableData:
    """The answer to the query of one variable.

    `query` is the query as it was asked; `found` counts its answers, `values` are those that the variable's `regex`
    keeps. `error` says why there is no answer; `via` is as in `PanelData`.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("dashboard",)

    variable: str
    query: str = ""
    via: str = "grafana"
    error: str | None = None
    found: int = 0
    values: tuple[str, ...] = ()
    regex: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form."""
        return cls(**yaml.safe_load(text))
