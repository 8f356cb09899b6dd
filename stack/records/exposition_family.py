"""The metric family under construction: what the reader fills line by line."""

from __future__ import annotations

from collections.abc import Callable

from stack.records.exposition import Format, MetricFamily, Sample

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


class FamilyDraft:
    """A metric family while its lines are read; `open` until another family's line comes."""

    __slots__ = (
        "append", "early", "exemplars", "format", "help", "lines", "name", "open", "samples", "timestamped", "type",
        "type_text", "unit",
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
        self.timestamped = False
        self.early: list[FamilyDraft] = []  # whose samples came before this family's TYPE line
        self.exemplars: list[Sample] = []

    def sample_names(self) -> list[str]:
        """The names its samples may have, by its type."""
        suffixes = SUFFIXES[self.format].get(self.type, ("",))
        names = [self.name + suffix for suffix in suffixes]
        return [self.name, *names] if self.type == "summary" else names

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
