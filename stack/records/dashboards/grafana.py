"""The running Grafana and its provisioning files: what the files hold, what is served of it, who gets in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from stack.records.dashboards.datasource import ProvisionedDatasource
from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class GrafanaFiles(FromYaml):
    """The dashboard files by name, the datasources, and why a file of the latter cannot be read."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)

    dashboards: tuple[str, ...] = ()
    datasources: tuple[ProvisionedDatasource, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServedDashboard(FromYaml):
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


@dataclass(frozen=True, slots=True)
class GrafanaAccess(FromYaml):
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
