"""What the rules on delivery share: the lines to judge, and how messages name lines, times and files."""

import re
from collections.abc import Sequence

from stack.records.logs.delivery import ANY, Delivery
from stack.records.logs.entry import IDS, EmittedLine, LogEntry
from suites.core.finding import Where
from suites.core.rule import NotApplicable
from suites.logs.helpers.judge import excerpt

STORE = "stack/loki/loki-config.yaml"

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


def found(delivery: Delivery) -> Found:
    """The lines that were found with the entry to judge; `NotApplicable` where none was."""
    due(delivery)
    if not delivery.found:
        raise NotApplicable("no line was found, see `logs/delivered-exactly-once`")
    return delivery.found


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
    for _, entry in delivery.found:
        for name, value in entry.labels:
            expected = name in delivery.expected and delivery.expected[name] in {ANY, value}
            if not expected and (name in IDS or value in values or _ID_NAME.search(name) or _ID_VALUE.fullmatch(value)):
                ids.setdefault(name, value)
    return ids
