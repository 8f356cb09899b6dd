"""A log line on its way: as its service emitted it, and as the log store has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from stack.records.logs.format import FORMATS, LogFormat, LogRecord, lookup
from stack.records.logs.levels import level_of
from stack.records.logs.line import LogLine, RawLine, go_text
from stack.records.logs.text_lines import begun, klog
from stack.records.logs.time_stamps import NS, Window, epoch_ns, is_number, read_time

LabelSet = tuple[tuple[str, str], ...]
"""Label pairs sorted by name: what identifies a stream."""


def label_set(labels: Mapping[str, str]) -> LabelSet:
    """Return the pairs of `labels` in the order that identifies a stream."""
    return tuple(sorted(labels.items()))


def show_labels(labels: LabelSet) -> str:
    """Write a label set as LogQL does: `{level="info", service="storage"}`."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}"


class LogEntry(NamedTuple):
    """One stored line: its stream's labels, its time in nanoseconds since 1970, its text, its structured metadata."""

    labels: LabelSet
    timestamp_ns: int
    line: str
    metadata: LabelSet = ()


IDS = ("request_id", "trace_id", "span_id")
"""The ids that become structured metadata, under these names whatever they are called in the line."""

LABELS: Mapping[str, str] = {literal: name for form in FORMATS.values() for literal, name in form.levels.items()}
"""The levels that the agents know, of all presets; a line with another one, or none, is filed under `unknown`."""


TIME_KEYS = frozenset(key for form in FORMATS.values() for key in form.time)
"""The keys that the agents take for a line's time."""

_MISDATED_NS = 600 * NS
"""How far a time lies from that of writing for the store to refuse or hide the line: its `creation_grace_period`."""


class EmittedLine(NamedTuple):
    """One line: its text, its place, and what the agents make of it: its time, level and ids.

    `time_ns` counts nanoseconds since 1970, `level` is one of `stack.records.logs.levels.NAMES`; both are None where
    the line has none, or none that an agent could take. `is_object` is whether it is one JSON object, `length` its
    bytes. A `misdated` line has a time so far from that of writing that the store refuses it: the service's clock or
    zone is wrong, which `logs/timestamp-near-emission` reports, or `logs/timestamp-parses` where its format has no such
    time. `other_times` are further keys that some preset has its time under, with other times.
    """

    text: str
    number: int
    file: str | None = None
    time_ns: int | None = None
    level: str | None = None
    ids: LabelSet = ()
    is_object: bool = False
    length: int = 0
    misdated: bool = False
    other_times: tuple[tuple[str, int], ...] = ()

    @classmethod
    def read(cls, line: LogLine, written: Window | None = None) -> EmittedLine:
        """Take from a parsed line what concerns its delivery; `written` is when it was written, as far as known."""
        text = go_text(line.raw)
        value, record = (line.value, line.record) if line.record else _of_text(text, written)
        if value is None or record is None:
            return cls(text, line.number, line.file, length=line.length)
        time_ns = _time(record, written)
        return cls(
            text,
            line.number,
            line.file,
            time_ns,
            record.level or level_of(record.level_text, LABELS),
            _ids(value, record.format),
            is_object=record.format.lines == "json",
            length=line.length,
            misdated=written is not None and _misdated(record, time_ns, written),
            other_times=_others(value, time_ns),
        )

    @classmethod
    def parse(cls, text: str, number: int = 1, file: str | None = None) -> EmittedLine:
        """Read one line of text."""
        raw = text.encode("utf-8", "surrogateescape")
        return cls.read(LogLine.read(RawLine(raw, number, file, len(raw), ended=True)))


def _of_text(text: str, written: Window | None) -> tuple[Mapping[str, Any] | None, LogRecord | None]:
    """What the agents read in text between the lines of another format."""
    for syntax, reader in {"klog": klog, "logfmt": begun}.items():
        if (value := reader(text)) is not None:
            return value, FORMATS[syntax].read(value, written.end / NS if written else 0)
    return None, None


def _others(value: Mapping[str, Any], time_ns: int | None) -> tuple[tuple[str, int], ...]:
    found = {}
    for key in TIME_KEYS & value.keys():
        time = value[key]
        moment = None if is_number(time) else read_time(time)
        found[key] = epoch_ns(time) if is_number(time) else moment and moment.zoned and moment.ns
    return tuple((key, ns) for key, ns in found.items() if ns and ns != time_ns)


def _misdated(record: LogRecord, time_ns: int | None, written: Window) -> bool:
    """Whether the store may refuse a line for its time, also for one that the agents read and the format has not."""
    if time_ns is None:
        return record.time is not None and record.time_ns is None
    return not written.contains(time_ns, _MISDATED_NS)


def _time(record: LogRecord, written: Window | None) -> int | None:
    """The time at which the agents file a line; of a number they read the unit off its digits."""
    if written is not None and is_number(record.time):
        return epoch_ns(record.time)
    # A time without a zone is no moment: the agent keeps such a line in its place.
    return record.time_ns if record.zoned else None


def _ids(value: Mapping[str, Any], form: LogFormat) -> LabelSet:
    found = {name: lookup(value, getattr(form, name)) for name in IDS}
    # Loki stores a blank for each U+FFFD of structured metadata.
    return label_set(
        {name: text.replace("\ufffd", " ") for name, text in found.items() if isinstance(text, str) and text}
    )
