"""What a server's own checker says about the configuration that is shipped for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml


@dataclass(frozen=True, slots=True)
class ConfigCheck:
    """One run of one checker, such as `promtool check config`; `output` is what it printed."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus", "loki", "promtail", "alertmanager")

    component: str
    checker: str
    file: str
    ok: bool
    output: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML with its fields as keys."""
        return cls(**yaml.safe_load(text))
