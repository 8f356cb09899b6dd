"""The exposition: what a service exposes at its metrics endpoint, as typed, frozen records.

Sources: Prometheus text format 0.0.4 (prometheus/docs `exposition_formats.md`) and OpenMetrics 1.0
(`open_metrics_spec.md`). One parser reads both; it never raises and reports every violation it sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Self


class Format(StrEnum):
    """The exposition formats, by the name used in messages."""

    TEXT = "Prometheus text 0.0.4"
    OPENMETRICS = "OpenMetrics 1.0"


Labels = tuple[tuple[str, str], ...]
"""Label pairs in exposed order, unescaped."""


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
        """The series in exposition notation: `name{label="value"}`."""
        if not self.labels:
            return self.name
        inner = ",".join(f'{key}="{_escape(value)}"' for key, value in self.labels)
        return f"{self.name}{{{inner}}}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


class Violation(NamedTuple):
    """Something only the parser can see: `code` is the rule's name (`duplicate-series`), `what` fills its message.

    `line` counts from 1; 0 means the exposition as a whole.
    """

    code: str
    line: int
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """One metric family: its metadata and its samples in exposed order.

    `type` is one of counter, gauge, histogram, gaugehistogram, stateset, info, summary, unknown (`untyped` of the
    text format reads as unknown; an invalid type too, and `type_text` keeps what stood there). In OpenMetrics
    `name` is without the sample suffix (`http_requests`), in the text format as exposed (`http_requests_total`).
    Lines count from 1, 0 means that the metadata line is absent.
    """

    name: str
    type: str
    help: str | None
    unit: str | None
    samples: tuple[Sample, ...]
    format: Format
    line: int = 0
    type_line: int = 0
    help_line: int = 0
    unit_line: int = 0
    type_text: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the one family in `text`; raises ValueError where there is none or more than one."""
        families = Exposition.parse(text).families
        if len(families) != 1:
            raise ValueError(f"expected one metric family, found {[family.name for family in families]}")
        return families[0]  # type: ignore[return-value]  # MetricFamily is never subclassed


@dataclass(frozen=True, slots=True)
class Exposition:
    """A parsed exposition: every family, and every violation found while reading.

    `text` is the body as decoded (undecodable bytes replaced), `size` its length in bytes. At most
    `MAX_VIOLATIONS` violations of one code are kept; `violation_counts` has the full numbers.
    """

    format: Format
    families: tuple[MetricFamily, ...]
    by_code: Mapping[str, tuple[Violation, ...]]
    violation_counts: Mapping[str, int]
    text: str
    size: int
    series_count: int
    content_type: str | None = None
    cache: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    def violations(self, code: str) -> tuple[Violation, ...]:
        """The violations of one code, in line order."""
        return self.by_code.get(code, ())

    def samples(self) -> Iterator[Sample]:
        """All samples of all families, family by family."""
        for family in self.families:
            yield from family.samples

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an exposition from text, optionally headed like an HTTP response.

        A first line `Content-Type: …` and an empty line may stand before the body; without them the body is
        OpenMetrics when its last line is `# EOF`, else text 0.0.4. Never raises.
        """
        raise NotImplementedError


class TextExposition(Exposition):
    """An exposition in Prometheus text 0.0.4; for rules that speak of that format alone."""

    __slots__ = ()


class OpenMetricsExposition(Exposition):
    """An exposition in OpenMetrics 1.0; for rules that speak of that format alone."""

    __slots__ = ()
