"""A component of the stack as Prometheus scrapes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml

from stack.records.scrape.target import Target


@dataclass(frozen=True, slots=True)
class ComponentTargets:
    """The active targets under a component's job; none at all is a finding too."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = (
        "prometheus",
        "loki",
        "promtail",
        "grafana",
        "alertmanager",
        "node-exporter",
        "redis-exporter",
    )

    component: str
    targets: tuple[Target, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read YAML with the keys `component` and `targets`, each target with the fields of `Target`."""
        data = yaml.safe_load(text)
        return cls(data["component"], tuple(Target(**target) for target in data["targets"]))
