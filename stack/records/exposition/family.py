"""The metric family under construction: what the reader fills line by line."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

from stack.records.exposition.model import Format, MetricFamily, Sample

TYPES = {
    Format.TEXT: {"counter", "gauge", "histogram", "summary", "untyped"},
    Format.OPENMETRICS: {
        "counter", "gauge", "histogram", "gaugehistogram", "stateset", "info", "summary", "unknown",
    },
}  # fmt: skip  # one line per format reads best
"""The types each format knows."""

SUFFIXES = {
    Format.TEXT: {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")},
    Format.OPENMETRICS: {
        "counter": ("_total", "_created"),
        "histogram": ("_bucket", "_count", "_sum", "_created"),
        "gaugehistogram": ("_bucket", "_gcount", "_gsum"),
        "summary": ("_count", "_sum", "_created"),
        "info": ("_info",),
    },
}
"""The suffixes a type's sample names carry; a sample of a type not listed is named as its family."""

ALL_SUFFIXES = ("_total", "_created", "_count", "_sum", "_bucket", "_gcount", "_gsum", "_info")


class FamilyDraft:
    """A metric family while its lines are read; `open` until another family's line comes."""

    __slots__ = (
        "again", "append", "early", "exemplars", "foreign", "format", "help", "lines", "name", "open", "samples",
        "timestamped", "type", "type_text", "unit",
    )  # fmt: skip  # a table of names

    def __init__(self, name: str, line: int, fmt: Format) -> None:
        self.name = name
        self.format = fmt
        self.type = "unknown"
        self.type_text: str | None = None
        self.help: str | None = None
        self.unit: str | None = None
        self.lines = {"first": line}
        self.samples: list[Sample] = []
        self.append: Callable[[Sample], None] = self.samples.append
        self.open = True
        self.again = False  # a second family of its name has begun
        self.timestamped = False
        self.early: list[FamilyDraft] = []  # whose samples came before this family's TYPE line
        self.exemplars: list[Sample] = []
        self.foreign: set[str] = set()  # names of samples that follow the metadata but do not fit the type

    def sample_names(self) -> list[str]:
        """The names its samples may have, by its type."""
        suffixes = SUFFIXES[self.format].get(self.type, ("",))
        names = [self.name + suffix for suffix in suffixes]
        if self.format is Format.OPENMETRICS and self.type == "counter" and self.name.endswith("_total"):
            names.append(self.name.removesuffix("_total") + "_created")  # the TYPE line is wrong, the samples are right
        return [self.name, *names] if self.type == "summary" else names

    def awaits(self, name: str) -> bool:
        """Whether a sample of a name not known yet is meant by this metadata, whose own samples did not come."""
        if self.samples and self.samples[-1].name not in self.foreign:
            return False
        if self.format is Format.OPENMETRICS and self.type_text is None:
            return False  # a family of unknown type has samples of its own name only
        return name.startswith(self.name) and name[len(self.name) :] in ALL_SUFFIXES

    def parts(self) -> Iterator[FamilyDraft]:
        """The family as it is judged: its own samples, then the foreign ones, of whose type nothing is known."""
        if not self.foreign:
            yield self
            return
        for foreign in (False, True):
            part = copy.copy(self)
            part.samples = [sample for sample in self.samples if (sample.name in self.foreign) is foreign]
            part.exemplars = [] if foreign else [each for each in self.exemplars if each.name not in self.foreign]
            part.type = "unknown" if foreign else self.type
            yield part

    def finished(self) -> MetricFamily:
        """The frozen record."""
        return MetricFamily(
            name=self.name,
            type=self.type,
            help=self.help,
            unit=self.unit,
            samples=tuple(self.samples),
            format=self.format,
            line=self.lines["first"],
            type_line=self.lines.get("TYPE", 0),
            help_line=self.lines.get("HELP", 0),
            unit_line=self.lines.get("UNIT", 0),
            type_text=self.type_text,
        )
