"""What the rules on delivery share: the lines to judge, and how messages name lines, times and files."""

import re
from collections.abc import Sequence

from stack.records.logs.delivery import ANY, Delivery
from stack.records.logs.entry import IDS, EmittedLine, LogEntry
from stack.records.logs.matching import CLOSE_NS
from stack.records.logs.stream import LOKI_MAX_LINE_BYTES
from suites.core.finding import Where
from suites.core.rule import NotApplicable
from suites.logs.helpers.judge import excerpt

STORE = "stack/loki/loki-config.yaml"

TOO_LONG = LOKI_MAX_LINE_BYTES
"""Bytes of a line that no store keeps whole: `logs/line-length` reports it."""

STORED_ONLY = "the service runs elsewhere: which lines it wrote is not known, only those that are stored"

Found = Sequence[tuple[EmittedLine, LogEntry]]

_ID_NAME = re.compile(
    r"(?:^|_)(?:id|uuid|guid|ip|email|address|token|session|path|url)$|^(?:traceid|spanid|requestid|user)$"
)
_ID_VALUE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,}|[0-9]{6,}|[^@\s]+@[^@\s]+\.[a-z]+"
    r"|[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?",
    re.IGNORECASE,
)


def due(delivery: Delivery) -> tuple[EmittedLine, ...]:
    """The lines that were emitted; `NotApplicable` where there is none, so that no rule passes on silence."""
    if not delivery.lines:
        raise NotApplicable("no line was emitted")
    return delivery.lines


def need_log(delivery: Delivery) -> None:
    """Raise NotApplicable where the log itself is out of reach, so that nothing can be missing from the store."""
    if delivery.stored_only:
        raise NotApplicable(STORED_ONLY)


def found(delivery: Delivery) -> Found:
    """The lines that were found with the entry to judge; `NotApplicable` where none was."""
    due(delivery)
    if not delivery.found:
        raise NotApplicable("no line was found, see `logs/delivered-exactly-once`")
    return delivery.found


def is_unread(delivery: Delivery) -> bool:
    """Whether the agent took nothing from any line: all are stored under another time, without level and ids."""
    with_all = [(line, entry) for line, entry in delivery.found if line.time_ns is not None and line.level]
    return bool(with_all) and all(
        abs(entry.timestamp_ns - (line.time_ns or 0)) >= CLOSE_NS
        and dict(entry.labels).get("level", "unknown") == "unknown"
        and not set(line.ids) & set(entry.metadata)
        for line, entry in with_all
    )


def need_read(delivery: Delivery) -> None:
    """Raise `NotApplicable` where the agent reads no line: `logs/delivered-with-own-timestamp` reports that once."""
    if is_unread(delivery):
        raise NotApplicable("the agent reads nothing of the lines: see `logs/delivered-with-own-timestamp`")


def damaged(line: EmittedLine) -> bool:
    """Whether a line is a part of a JSON object or a broken one: the agent may still read its level and time."""
    return not line.is_object and line.text.startswith("{")


def untakable(line: EmittedLine) -> bool:
    """Whether a store may refuse a line for what it is: empty, longer than any store takes, or of a wrong clock.

    `logs/one-json-object-per-line`, `logs/line-length` and `logs/timestamp-near-emission` report these.
    """
    return line.misdated or line.length > TOO_LONG or not line.text


def count(lines: Sequence[EmittedLine], total: int) -> str:
    """Lines as messages name them: `line 4`, or `3 of 12 lines, first line 4,`."""
    if len(lines) == 1 and total == 1:
        return "the only line"
    if len(lines) == 1:
        return f"line {lines[0].number}"
    return f"{len(lines):,} of {total:,} lines, first line {lines[0].number},"


def verb(lines: Sequence[EmittedLine], one: str, several: str) -> str:
    """The verb in the number of the lines."""
    return one if len(lines) == 1 else several


def at(line: EmittedLine, series: str | None = None) -> Where:
    """The place of an emitted line, with the line itself: masked and shortened."""
    return Where(file=line.file, line=line.number, series=series, excerpt=excerpt(line.text))


def seconds(ns: int) -> str:
    """A span of time as messages name it."""
    amount = abs(ns) / 1e9
    if amount >= 3600 and amount % 1800 == 0:  # zones differ by half hours
        return f"{amount / 3600:g} h"
    return f"{amount:.3g} s" if amount >= 0.001 else f"{abs(ns):,} ns"


def id_labels(delivery: Delivery) -> dict[str, str]:
    """Labels of the found lines that contain ids: name and one value."""
    values = {value for line in delivery.lines for _, value in line.ids}
    ids: dict[str, str] = {}
    for labels in {entry.labels: None for _, entry in delivery.found}:
        for name, value in labels:
            expected = name in delivery.expected and delivery.expected[name] in {ANY, value}
            if not expected and (name in IDS or value in values or _ID_NAME.search(name) or _ID_VALUE.fullmatch(value)):
                ids.setdefault(name, value)
    return ids
