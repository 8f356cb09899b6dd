"""Reads the stored lines of a service from the log store: for stacks whose log files are out of reach."""

import json
import time
from collections.abc import Mapping

from stack.clients.log_reader import LogReader, LogStoreError
from stack.records.logs.entry import LabelSet, LogEntry, show_labels
from stack.records.logs.line import MAX_KEPT, RawLine
from stack.records.logs.stream import LogStream
from suites.core.evidence import NotEvaluated, Records
from suites.logs.collect.emitted import LogContract

WINDOWS_S = (60.0, 600.0, 3600.0)
"""How far back to read, in steps: a busy service has enough lines in its last minute."""
ENOUGH = 500
"""Lines that show how a service logs."""


async def stored_streams(reader: LogReader, contract: LogContract, labels: Mapping[str, str]) -> Records:
    """Read the last lines under `labels` into one stream per source; never raises.

    A source is what differs in any label but `level`: the lines of one process, in the order of their times.
    """
    selector = "{" + ", ".join(f"{name}={json.dumps(value)}" for name, value in labels.items()) + "}"
    now = time.time()
    entries: list[LogEntry] = []
    try:
        for window_s in WINDOWS_S:
            entries = await reader.entries(selector, int((now - window_s) * 1e9), int(now * 1e9))
            if len(entries) >= ENOUGH:
                break
    except LogStoreError as silent:
        return {LogStream: NotEvaluated(f"the log store does not answer: {silent}")}
    if not entries:
        return {LogStream: NotEvaluated(f"the log store has no line of {selector} of the last hour")}
    return {LogStream: _streams(entries, contract)}


def _streams(entries: list[LogEntry], contract: LogContract) -> list[LogStream]:
    by_source: dict[LabelSet, list[RawLine]] = {}
    for entry in entries:
        source = tuple(pair for pair in entry.labels if pair[0] != "level")
        lines = by_source.setdefault(source, [])
        raw = entry.line.encode("utf-8", "surrogateescape")
        lines.append(RawLine(raw[:MAX_KEPT], len(lines) + 1, show_labels(source), len(raw), ended=True))
    return [
        LogStream(
            raw_lines=tuple(lines),
            service=contract.service,
            source=show_labels(source),
            format=contract.format,
            levels=contract.levels,
            specialised=contract.loggers,
            max_line_bytes=contract.max_line_bytes,
        )
        for source, lines in by_source.items()
    ]
