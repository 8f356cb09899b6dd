"""Compares lines with the contract of a service: the lines of a request, and the fields of a specialised logger."""

from collections.abc import Iterator, Mapping
from typing import Any

from stack.records.logs.format import lookup
from stack.records.logs.line import LogLine
from stack.records.logs.stream import ExpectedLine
from suites.logs.helpers.judge import quoted
from suites.logs.helpers.validate import article, kind_of


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
    return [lookup(line.value, (key,)) for key in line.record.format.message] if line.record and line.value else []


_ABSENT = object()


def breaches(value: Mapping[str, Any], fields: Mapping[str, str]) -> Iterator[str]:
    """How a line breaks the declared `fields` of its logger, each breach as text such as "field `rows` is missing".

    A field's type is a JSON type or several joined with `|`; with `?` at the end the field may be absent.
    """
    for name, wanted in fields.items():
        found = value.get(name, _ABSENT)
        if found is _ABSENT:
            if not wanted.endswith("?"):
                yield f"field `{name}` is missing"
            continue
        types = wanted.removesuffix("?").split("|")
        kind = kind_of(found)
        if kind not in types and not (kind == "integer" and "number" in types):
            yield f"field `{name}` is {article(kind)}, not {' or '.join(map(article, types))}"
