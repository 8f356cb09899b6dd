"""The running Grafana and its provisioning files: what the files define, what is served, who has access."""

from dataclasses import dataclass
from typing import ClassVar

from stack.records.dashboards.datasource import ProvisionedDatasource
from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class GrafanaFiles(FromYaml):
    """The dashboard files by name, the datasources, and why a file of the latter cannot be read.

    `scrape_interval_s` is the shortest interval at which Prometheus scrapes anything, None where it is not known.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)

    dashboards: tuple[str, ...] = ()
    datasources: tuple[ProvisionedDatasource, ...] = ()
    problems: tuple[str, ...] = ()
    scrape_interval_s: float | None = None


@dataclass(frozen=True, slots=True)
class ServedDashboard(FromYaml):
    """Whether Grafana serves a dashboard as the file has it.

    `served_title` is None where Grafana has nothing under `uid`; `provisioned` is True where it comes from a file;
    `panels` and `served_panels` count what each draws. `error` is why Grafana did not answer.
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
    """Grafana's answers to requests without credentials and with guessed ones.

    `opened` are paths with the status that an unauthenticated client got, `denied` counts those that were denied to it.
    `accepted` are the guessed pairs of user and password that Grafana accepted; `tried` counts the guesses, `weighed`
    those that Grafana accepted or refused.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("grafana",)

    url: str = ""
    asked: tuple[str, ...] = ()
    opened: tuple[tuple[str, int], ...] = ()
    denied: int = 0
    tried: int = 0
    weighed: int = 0
    accepted: tuple[tuple[str, str], ...] = ()
