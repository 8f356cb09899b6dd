"""An in-memory log store that takes and refuses what Loki takes and refuses, and answers simple log queries.

The rules of acceptance are Loki's: too old, too far in the future, too long, too many labels, too far behind the
newest line of its stream; a line that is already there at the same time in the same stream is dropped.

Source: https://grafana.com/docs/loki/latest/operations/request-validation-rate-limits/
"""

import time
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from stack.embedded.entry import Entry
from stack.embedded.json_values import Malformed, read_object
from stack.embedded.limits import Limits
from stack.embedded.selector import parse_selector
from stack.records.logs.entry import LabelSet, LogEntry, label_set
from stack.records.logs.line import go_text


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that the store did not take, and why, in the name Loki's metrics use for it."""

    reason: str
    labels: LabelSet
    timestamp_ns: int
    line: str


@dataclass(slots=True)
class _Stream:
    labels: dict[str, str]
    entries: list[tuple[int, int, LogEntry]] = field(default_factory=list)
    seen: set[tuple[int, str]] = field(default_factory=set)
    highest_ns: int | None = None

    @property
    def shown(self) -> bool:
        """Whether queries see it: Loki shows no stream whose lines are all empty."""
        return any(text for _, text in self.seen)


class LogStore:
    """The store. `rejected` lists what was refused, in order."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.rejected: list[Rejected] = []
        self._streams: dict[LabelSet, _Stream] = {}
        self._count = 0

    def push(self, entry: Entry) -> Rejected | None:
        """Take one entry or say why not."""
        labels = label_set({name: value for name, value in entry.labels.items() if value})
        line = self._cut(entry)
        reason = self._refuse_labels(labels) or self._refuse_entry(entry, line) or self._refuse_stream(entry, labels)
        if reason:
            rejection = Rejected(reason, labels, entry.timestamp_ns, line)
            self.rejected.append(rejection)
            return rejection
        stream = self._streams.setdefault(labels, _Stream(dict(labels)))
        stream.highest_ns = max(entry.timestamp_ns, stream.highest_ns or entry.timestamp_ns)
        if (entry.timestamp_ns, line) not in stream.seen:
            stream.seen.add((entry.timestamp_ns, line))
            self._count += 1
            # Loki's answers are JSON, in which bytes that are no UTF-8 cannot stand.
            shown = go_text(line.encode("utf-8", "surrogateescape"))
            stored = LogEntry(labels, entry.timestamp_ns, shown, _shown(entry.metadata, dict(labels)))
            insort(stream.entries, (entry.timestamp_ns, self._count, stored))
        return None

    def streams(self, selectors: Sequence[str], start_ns: int, end_ns: int) -> list[LabelSet]:
        """Return the label sets of the streams that match any selector and have lines between two times."""
        compiled = [parse_selector(selector, "series") for selector in selectors]
        return [
            labels
            for labels, stream in self._streams.items()
            if stream.shown
            and any(selector.selects_stream(stream.labels) for selector in compiled)
            and bisect_left(stream.entries, (start_ns,)) < bisect_left(stream.entries, (end_ns,))
        ]

    def find(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        """Return the lines of a log query, oldest first; raises as `parse_selector` does."""
        selector = parse_selector(query, "query")
        wanted = [
            stream for stream in self._streams.values() if stream.shown and selector.selects_stream(stream.labels)
        ]
        found = sorted(chain.from_iterable(stream.entries for stream in wanted))
        return [
            entry
            for at, _, entry in found
            if start_ns <= at < end_ns and selector.selects(dict(entry.labels), entry.line)
        ]

    def _cut(self, entry: Entry) -> str:
        limit, mark = self.limits.max_line, self.limits.truncate_mark
        if not self.limits.truncate or not limit or entry.size <= limit:
            return entry.line
        kept = entry.line.encode("utf-8", "surrogateescape")[: limit - len(mark.encode())]
        return kept.decode("utf-8", "surrogateescape") + mark

    def _refuse_labels(self, labels: LabelSet) -> str | None:
        limits = self.limits
        if not labels:
            return "missing_labels"
        if len(labels) - ("service_name" in dict(labels)) > limits.max_labels:
            return "max_label_names_per_series"
        if any(len(name.encode()) > limits.max_label_name for name, _ in labels):
            return "label_name_too_long"
        if any(len(value.encode()) > limits.max_label_value for _, value in labels):
            return "label_value_too_long"
        return None

    def _refuse_entry(self, entry: Entry, line: str) -> str | None:
        limits, now = self.limits, time.time_ns()
        at = entry.timestamp_ns
        if limits.max_age_ns is not None and at < now - limits.max_age_ns:
            return "greater_than_max_sample_age"
        if at > now + limits.grace_ns:
            return "too_far_in_future"
        if limits.max_line and len(line.encode("utf-8", "surrogateescape")) > limits.max_line:
            return "line_too_long"
        return self._refuse_metadata(entry.metadata)

    def _refuse_metadata(self, metadata: Mapping[str, str]) -> str | None:
        limits = self.limits
        if not metadata:
            return None
        if not limits.metadata_allowed:
            return "disallowed_structured_metadata"
        size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
        if limits.max_metadata and size > limits.max_metadata:
            return "structured_metadata_too_large"
        if limits.max_metadata_count and len(metadata) > limits.max_metadata_count:
            return "structured_metadata_too_many"
        return None

    def _refuse_stream(self, entry: Entry, labels: LabelSet) -> str | None:
        stream = self._streams.get(labels)
        if stream is None:
            full = self.limits.max_streams and len(self._streams) >= self.limits.max_streams
            return "stream_limit" if full else None
        highest = stream.highest_ns
        if highest is not None and entry.timestamp_ns < highest - self.limits.window_ns:
            return "too_far_behind"
        return None


class StoreReader:
    """The stand-in's side of `stack.clients.log_reader.LogReader`."""

    def __init__(self, store: LogStore) -> None:
        self.store = store

    async def label_names(self, start_ns: int, end_ns: int) -> list[str]:
        """Return the names of all labels in use."""
        every = self.store.streams(['{any=~".*"}'], start_ns, end_ns)
        return sorted({name for labels in every for name, _ in labels})

    async def series(self, selectors: Sequence[str], start_ns: int, end_ns: int) -> list[LabelSet]:
        """Return the streams that match any of the selectors."""
        return self.store.streams(selectors, start_ns, end_ns)

    async def entries(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        """Return the lines of a log query, oldest first."""
        return self.store.find(query, start_ns, end_ns)

    async def json_errors(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        """Return the lines that are no JSON object."""
        return [entry for entry in self.store.find(query, start_ns, end_ns) if not _is_object(entry.line)]


def _shown(metadata: Mapping[str, str], labels: Mapping[str, str]) -> LabelSet:
    """Return structured metadata as Loki's answers show it: what bears the name of a label gets a name of its own."""
    return label_set(
        {
            f"{name}_extracted" if name in labels else name: value.replace("�", " ")
            for name, value in metadata.items()
            if value
        }
    )


def _is_object(line: str) -> bool:
    try:
        read_object(line)
    except Malformed:
        return False
    return line.strip() != "null"
