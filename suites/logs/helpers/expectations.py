"""Compares a line with what a contract promises, part by part."""

from __future__ import annotations

from stack.records.logs.format import FORMATS, lookup
from stack.records.logs.line import LogLine
from stack.records.logs.stream import ExpectedLine
from suites.logs.helpers.judge import quoted


def describe(promise: ExpectedLine) -> str:
    """A promise in words: level `info`, logger `http`, `status` `202`."""
    parts = [
        f"{name} {quoted(wanted)}"
        for name, wanted in (("level", promise.level), ("logger", promise.logger), ("message", promise.message))
        if wanted is not None
    ]
    return ", ".join([*parts, *(f"`{name}` {quoted(wanted)}" for name, wanted in promise.fields.items())])


def differences(line: LogLine, promise: ExpectedLine) -> list[str]:
    """The parts of `line` that are not as promised, as they are; empty where it keeps the promise."""
    record, value = line.record, line.value
    if record is None or value is None:
        return ["no JSON object"]
    found = []
    if promise.level is not None and record.level != promise.level:
        found.append(f"level {quoted(record.level_text)}")
    if promise.logger is not None and record.logger != promise.logger:
        found.append(f"logger {quoted(record.logger)}")
    if promise.message is not None and promise.message not in _messages(line):
        found.append(f"message {quoted(record.message)}")
    for name, wanted in promise.fields.items():
        there = lookup(value, (name,))
        if there != wanted or isinstance(there, bool) != isinstance(wanted, bool):
            found.append(f"`{name}` {quoted(there)}" if there is not None else f"no `{name}`")
    return found


def _messages(line: LogLine) -> list[object]:
    form = FORMATS[line.record.format] if line.record else None
    return [line.value.get(key) for key in form.message] if form and line.value else []
