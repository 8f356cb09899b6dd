"""The release of a component that the files pin, the one that runs, and when releases reach their end of life.

A row of the table says: from this day on nobody publishes fixes for these versions. Versions that are in no row are not
known to have ended. Policies: Prometheus supports a release for six weeks and an LTS release for one year, Grafana a
minor release for nine months and the last one of a major for fifteen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from stack.components import COMPONENTS
from stack.text.typed import FromYaml

PROMTAIL = "https://grafana.com/docs/loki/latest/send-data/promtail/"
PROMETHEUS = "https://prometheus.io/docs/introduction/release-cycle/"
GRAFANA = "https://grafana.com/docs/grafana/latest/upgrade-guide/when-to-upgrade/"


@dataclass(frozen=True, slots=True)
class EndOfLife:
    """The end of one line of releases: `versions` is a version's beginning (`3.5`), empty for all of them."""

    component: str
    versions: str
    ended: date
    source: str
    instead: str


END_OF_LIFE = (
    EndOfLife("promtail", "", date(2026, 3, 2), PROMTAIL, "Grafana Alloy: profile `alloy` of the compose file"),
    EndOfLife("prometheus", "2.37", date(2023, 7, 31), PROMETHEUS, "the newest release of Prometheus 3"),
    EndOfLife("prometheus", "2.45", date(2024, 7, 31), PROMETHEUS, "the newest release of Prometheus 3"),
    EndOfLife("prometheus", "2.53", date(2025, 7, 31), PROMETHEUS, "the newest release of Prometheus 3"),
    EndOfLife("prometheus", "2", date(2025, 7, 31), PROMETHEUS, "the newest release of Prometheus 3"),
    EndOfLife("prometheus", "3.5", date(2026, 7, 31), PROMETHEUS, "the newest release of Prometheus 3"),
    EndOfLife("grafana", "11", date(2026, 6, 25), GRAFANA, "the newest release of Grafana"),
    EndOfLife("grafana", "12.0", date(2026, 2, 5), GRAFANA, "the newest release of Grafana"),
    EndOfLife("grafana", "12.1", date(2026, 4, 22), GRAFANA, "the newest release of Grafana"),
    EndOfLife("grafana", "12.2", date(2026, 6, 23), GRAFANA, "the newest release of Grafana"),
)
"""Most particular row first, within a component."""


@dataclass(frozen=True, slots=True)
class PinnedRelease(FromYaml):
    """Which release of a component is used, and the day on which that is judged."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)

    name: str
    version: str
    today: date
    file: str | None = None
    line: int | None = None

    @property
    def end_of_life(self) -> EndOfLife | None:
        """The row of the table that this release falls under, whether its day has come or not."""
        numbers = self.version.removeprefix("v").split(".")
        for row in END_OF_LIFE:
            wanted = row.versions.split(".") if row.versions else []
            if row.component == self.name and numbers[: len(wanted)] == wanted:
                return row
        return None


_NUMBERS = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, slots=True)
class RunningRelease(FromYaml):
    """A running component's own word on its version, the pinned version, and the day on which that is judged.

    `source` says where the program was found (`make servers`, `PATH`, an image), empty where that is not known.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(COMPONENTS)

    name: str
    version: str
    pinned: str
    today: date
    source: str = ""

    @property
    def is_pinned(self) -> bool:
        """Whether both are the same release, whatever is written around its numbers (`v1.89.0-alpine`)."""
        return numbers(self.version) == numbers(self.pinned)

    @property
    def end_of_life(self) -> EndOfLife | None:
        """The row of the table of ends of life that the running release falls under, come or not."""
        return PinnedRelease(self.name, numbers(self.version), self.today).end_of_life


def numbers(version: str) -> str:
    """The numbers of a version: `1.89.0` of `v1.89.0-alpine`; the text itself where it has none."""
    found = _NUMBERS.search(version)
    return found.group() if found else version
