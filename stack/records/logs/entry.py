"""A log line as the store holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
