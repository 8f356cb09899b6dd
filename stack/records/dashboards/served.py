"""A dashboard file, and what the running Grafana has under its uid.

The text form is YAML with the fields as keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml


@dataclass(frozen=True, slots=True)
class ServedDashboard:
    """Whether Grafana serves a dashboard as the file has it.

    `served_title` is None where Grafana has nothing under `uid`; `provisioned` says that it comes from a file;
    `panels` and `served_panels` count what each draws. `error` says why Grafana did not tell.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("dashboard",)

    uid: str
    file: str
    title: str
    panels: int = 0
    served_title: str | None = None
    served_panels: int = 0
    provisioned: bool = False
    url: str | None = None
    error: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form."""
        return cls(**yaml.safe_load(text))
