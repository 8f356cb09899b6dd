"""Reads the YAML form of a `Delivery`, in which rules write their examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from stack.records.logs.emitted_line import EmittedLine
from stack.records.logs.entry import LabelSet, LogEntry, label_set

FILE = "api.log"


def read_example(text: str) -> dict[str, Any]:
    """Return the fields of the record; `Delivery.parse` describes the form."""
    example = yaml.safe_load(text) or {}
    expected = example.get("expected", {"service": "api", "level": "*"})
    lines = tuple(EmittedLine.parse(line, number, FILE) for number, line in enumerate(example.get("emitted", ()), 1))
    found = example.get("found", range(1, len(lines) + 1))
    entries = tuple(_entry(one, lines, expected) for one in found)
    fields: dict[str, Any] = {
        "service": expected.get("service", "api"),
        "expected": expected,
        "lines": lines,
        "entries": entries,
        "streams": tuple(dict.fromkeys(entry.labels for entry in entries)),
        "arrivals": example.get("arrivals", ()),
        "json_errors": frozenset(lines[number - 1].text for number in example.get("json_errors", ())),
    }
    names = {"budget": "latency_budget_s", "streams": "stream_budget", "waited": "waited_s", "contention": "contention"}
    return fields | {name: example[short] for short, name in names.items() if short in example}


def _entry(written: int | Mapping[str, Any], lines: Sequence[EmittedLine], expected: Mapping[str, str]) -> LogEntry:
    changes: Mapping[str, Any] = {"of": written} if isinstance(written, int) else written
    line = lines[changes["of"] - 1]
    labels = {name: (line.level or "unknown") if value == "*" else value for name, value in expected.items()}
    own = line.time_ns or 0
    return LogEntry(
        _changed(labels, changes.get("labels", {})),
        int(changes["at"] * 1e9) if "at" in changes else own,
        changes.get("line", line.text),
        _changed(dict(line.ids), changes.get("ids", {})),
    )


def _changed(pairs: Mapping[str, str], changes: Mapping[str, str | None]) -> LabelSet:
    return label_set({name: value for name, value in {**pairs, **changes}.items() if value is not None})
