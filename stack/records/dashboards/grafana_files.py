"""What Grafana's provisioning files hold.

The text form is YAML with the fields as keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml

from stack.records.dashboards.datasource import ProvisionedDatasource


@dataclass(frozen=True, slots=True)
class GrafanaFiles:
    """The dashboard files by name, the datasources, and why a file of the latter cannot be read."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)

    dashboards: tuple[str, ...] = ()
    datasources: tuple[ProvisionedDatasource, ...] = ()
    problems: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form."""
        body = yaml.safe_load(text)
        body["datasources"] = tuple(ProvisionedDatasource(**item) for item in body.get("datasources", ()))
        return cls(**body)
