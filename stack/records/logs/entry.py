"""A log line on its way: as its service emitted it, and as the log store has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stack.records.logs.format import FORMATS, Keys, lookup
from stack.records.logs.line import LogLine, RawLine

LabelSet = tuple[tuple[str, str], ...]
"""Label pairs sorted by name: what identifies a stream."""


def label_set(labels: Mapping[str, str]) -> LabelSet:
    """Return the pairs of `labels` in the order that identifies a stream."""
    return tuple(sorted(labels.items()))


def show_labels(labels: LabelSet) -> str:
    """Write a label set as LogQL does: `{level="info", service="storage"}`."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One stored line: its stream's labels, its time in nanoseconds since 1970, its text, its structured metadata."""

    labels: LabelSet
    timestamp_ns: int
    line: str
    metadata: LabelSet = ()


IDS: Mapping[str, Keys] = {
    name: tuple(sorted(dict.fromkeys(getattr(form, name)[0] for form in FORMATS.values()), key=lambda key: "." in key))
    for name in ("request_id", "trace_id", "span_id")
}
"""The ids that become structured metadata, and the keys under which lines carry them, in the agents' order."""

LEVELS = frozenset(
    "trace debug info notice warn warning error critical dpanic panic fatal alert emergency".split()  # noqa: SIM905  # reads better
)
"""The levels that the agent's configuration knows; a line with another one, or none, is filed under `unknown`."""


@dataclass(frozen=True, slots=True)
class EmittedLine:
    """One line: its text, its place, its own time (nanoseconds since 1970), its level in lower case, its ids.

    `time_ns` and `level` are None where the line has none. `is_object` is whether it is one JSON object.
    """

    text: str
    number: int
    file: str | None = None
    time_ns: int | None = None
    level: str | None = None
    ids: LabelSet = ()
    is_object: bool = False

    @classmethod
    def read(cls, line: LogLine) -> EmittedLine:
        """Take from a parsed line what concerns its delivery."""
        text = line.raw.decode("utf-8", "replace")
        if line.value is None or line.record is None:
            return cls(text, line.number, line.file)
        level = str(line.record.level_text).lower()
        # A time without a zone is no moment: the agent keeps such a line in its place.
        time_ns = line.record.time_ns if line.record.zoned else None
        return cls(
            text, line.number, line.file, time_ns, level if level in LEVELS else None, _ids(line.value), is_object=True
        )

    @classmethod
    def parse(cls, text: str, number: int = 1, file: str | None = None) -> EmittedLine:
        """Read one line of text."""
        raw = text.encode("utf-8", "surrogateescape")
        return cls.read(LogLine.read(RawLine(raw, number, file, len(raw), ended=True)))


def _ids(value: Mapping[str, Any]) -> LabelSet:
    found = {name: lookup(value, keys) for name, keys in IDS.items()}
    return label_set({name: text for name, text in found.items() if isinstance(text, str) and text})
