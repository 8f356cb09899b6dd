"""The parts of an exposition as plain records: samples, exemplars and label sets. Nothing here reads text.

Sources: Prometheus text format 0.0.4 (prometheus/docs `exposition_formats.md`) and OpenMetrics 1.0
(`open_metrics_spec.md`).
"""

from enum import StrEnum
from typing import NamedTuple


class Format(StrEnum):
    """The exposition formats, by the name used in messages."""

    TEXT = "Prometheus text 0.0.4"
    OPENMETRICS = "OpenMetrics 1.0"


Labels = tuple[tuple[str, str], ...]
"""Label pairs in exposed order, unescaped."""


SHOWN_LABELS = 64
"""How many labels of a series are spelled out for a reader."""


class Exemplar(NamedTuple):
    """An OpenMetrics exemplar; `timestamp` in seconds."""

    labels: Labels
    value: float
    timestamp: float | None


class Sample(NamedTuple):
    """One sample line. `timestamp` in seconds whatever the format, `line` counts from 1."""

    name: str
    labels: Labels
    value: float
    timestamp: float | None
    line: int
    exemplar: Exemplar | None = None

    @property
    def series(self) -> str:
        """The series in exposition notation: `name{label="value"}`; of very many labels only the first."""
        if not self.labels:
            return self.name
        inner = ",".join(f'{key}="{_escape(value)}"' for key, value in self.labels[:SHOWN_LABELS])
        if len(self.labels) > SHOWN_LABELS:
            inner += f", … ({len(self.labels)} labels)"
        return f"{self.name}{{{inner}}}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
