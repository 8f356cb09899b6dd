"""Which jobs the running Prometheus scrapes, beside the names it should know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml


@dataclass(frozen=True, slots=True)
class LiveJobs:
    """`jobs` pairs every job that has targets with the URL of its first; `catalog` and `components` are expected."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus",)

    jobs: tuple[tuple[str, str], ...]
    catalog: tuple[str, ...]
    components: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read YAML with the keys `jobs` (job: URL), `catalog` and `components` (lists of names)."""
        data = yaml.safe_load(text)
        return cls(tuple(data["jobs"].items()), tuple(data["catalog"]), tuple(data.get("components", ())))
