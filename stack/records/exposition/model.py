"""The exposition: what a service exposes at its metrics endpoint, as typed, frozen records.

Sources: Prometheus text format 0.0.4 (prometheus/docs `exposition_formats.md`) and OpenMetrics 1.0
(`open_metrics_spec.md`). One parser reads both; it never raises and reports every violation it sees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from itertools import chain
from operator import itemgetter
from typing import NamedTuple, Self, cast

MAX_VIOLATIONS = 100
"""So many distinct violations of one code are kept per exposition; all are counted."""


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
    """Something the parser saw: `code` is the rule's name (`duplicate-series`).

    `what` names the thing to mend (a family, a label name, …): violations with the same code and `what` are kept
    as one, with how many `times` it was seen and the `line`, `detail` and `excerpt` of the first. `line` counts
    from 1; 0 means the exposition as a whole.
    """

    code: str
    line: int
    what: tuple[str, ...] = ()
    times: int = 1
    detail: tuple[str, ...] = ()
    excerpt: str = ""


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

    @property
    def exposed_name(self) -> str:
        """The name that stands in queries: a counter's `_total` and an info's `_info` may be left out of `name`."""
        suffix = {"counter": "_total", "info": "_info"}.get(self.type)
        if suffix is None:
            return self.name
        first = self.samples[0].name if self.samples else ""
        if first == self.name + suffix:
            return first
        return self.name if self.format is Format.TEXT or first == self.name else self.name + suffix

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the one family in `text`; raises ValueError where there is none or more than one."""
        families = Exposition.parse(text).families
        if len(families) != 1:
            raise ValueError(f"expected one metric family, found {[family.name for family in families]}")
        return cast(Self, families[0])


@dataclass(frozen=True, slots=True)
class Exposition:
    """A parsed exposition: every family, and every violation found while reading.

    `text` is the body as decoded (undecodable bytes replaced), `size` its length in bytes, `series_count` the
    number of sample lines read. At most `MAX_VIOLATIONS` distinct violations of one code are kept;
    `violation_counts` has the full numbers. `content_type` is None where no response stands behind the text, and
    empty where the response had no such header. What is read is always one of the two subclasses below.
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

    def __getstate__(self) -> list[object]:
        """The state for pickle: all fields, without what was only computed from them."""
        return [{} if part.name == "cache" else getattr(self, part.name) for part in fields(self)]

    def __setstate__(self, state: list[object]) -> None:
        """Restore what `__getstate__` gave."""
        for part, value in zip(fields(self), state, strict=True):
            object.__setattr__(self, part.name, value)

    def violations(self, code: str) -> tuple[Violation, ...]:
        """The violations of one code, one per thing to mend, in line order."""
        return self.by_code.get(code, ())

    def samples(self) -> Iterator[Sample]:
        """All samples of all families, family by family."""
        for family in self.families:
            yield from family.samples

    @property
    def label_values(self) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """Per family and label name the distinct values, each with its number of samples; made once, when asked.

        `exposition.label_values["http_requests_total"]["path"]["/login"]` is a number of samples.
        """
        if "label_values" not in self.cache:
            self.cache["label_values"] = {family.name: _label_values(family) for family in self.families}
        return cast("Mapping[str, Mapping[str, Mapping[str, int]]]", self.cache["label_values"])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an exposition from text, optionally headed like an HTTP response.

        A first line `Content-Type: …` and an empty line may stand before the body; without them the body is
        OpenMetrics when its last line is `# EOF`, else text 0.0.4. On a subclass the format is that subclass's,
        whatever the text looks like. Never raises.
        """
        from stack.records.exposition.body import parse_text  # here: the parser imports these records

        return cast(Self, parse_text(text, _only_format(cls)))

    @classmethod
    def read(cls, body: bytes, content_type: str | None) -> Self:
        """Read the body of a response whose Content-Type header was `content_type` (None: it had none).

        The format is what the header says; a header that names no exposition format leaves it to the body, as
        in `parse`. Never raises: whatever the bytes are, what is wrong with them becomes violations.
        """
        from stack.records.exposition.body import read_body  # here: the parser imports these records

        return cast(Self, read_body(body, content_type, _only_format(cls)))


class TextExposition(Exposition):
    """An exposition in Prometheus text 0.0.4; for rules that speak of that format alone."""

    __slots__ = ()


class OpenMetricsExposition(Exposition):
    """An exposition in OpenMetrics 1.0; for rules that speak of that format alone."""

    __slots__ = ()


def _only_format(cls: type[Exposition]) -> Format | None:
    if issubclass(cls, TextExposition):
        return Format.TEXT
    return Format.OPENMETRICS if issubclass(cls, OpenMetricsExposition) else None


def _label_values(family: MetricFamily) -> dict[str, dict[str, int]]:
    values: dict[str, dict[str, int]] = {}
    for (label, value), count in Counter(chain.from_iterable(map(itemgetter(1), family.samples))).items():
        values.setdefault(label, {})[value] = count
    return values
