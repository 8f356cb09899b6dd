"""The running Grafana and its provisioning files: what the files hold, what is served of it, who gets in.

The text form of each record is YAML with the fields as keys.
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


@dataclass(frozen=True, slots=True)
class GrafanaAccess:
    """What Grafana said to requests without and with guessed credentials.

    `opened` are paths with the status that a stranger got, `accepted` the guessed pairs of user and password that it
    took; `tried` counts the guesses.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("grafana",)

    url: str = ""
    asked: tuple[str, ...] = ()
    opened: tuple[tuple[str, int], ...] = ()
    tried: int = 0
    accepted: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form."""
        body = yaml.safe_load(text)
        for key in ("opened", "accepted"):
            body[key] = tuple(tuple(pair) for pair in body.get(key, ()))
        return cls(**body)
