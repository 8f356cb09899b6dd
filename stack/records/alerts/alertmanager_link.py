"""To whom the running Prometheus sends its alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml


@dataclass(frozen=True, slots=True)
class AlertmanagerLink:
    """The Alertmanagers that Prometheus uses, by URL, and those that it found and does not use."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus",)

    active: tuple[str, ...]
    dropped: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML with its fields as keys."""
        data = yaml.safe_load(text)
        return cls(tuple(data["active"]), tuple(data.get("dropped", ())))
