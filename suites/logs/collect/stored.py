"""Reads the stored lines of a service from the log store: for stacks whose log files are out of reach."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stack.clients.log_reader import LogReader, LogStoreError
from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.eventually import aeventually
from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import EmittedLine, LabelSet, LogEntry, label_set, show_labels
from stack.records.logs.line import MAX_KEPT, RawLine
from stack.records.logs.stored import StoredActivity
from stack.records.logs.stream import LogStream
from suites.core.evidence import NotEvaluated, Records
from suites.core.health import unanswered
from suites.logs.collect.emitted import LogContract
from suites.logs.collect.served import requests_served

SAMPLE = 1000
"""Lines that show how a service logs: the newest of the window."""
AHEAD_S = 900.0
"""How far into the future is read: Loki refuses what is more than ten minutes ahead."""
WIDER_S = 86400.0
"""How far back lines are looked for of a service that serves requests and has none in the window."""
ARRIVE_S = 15.0
PAUSE_S = 1.0
"""For how long its next line is waited for, and how often is asked, in seconds."""
AGENT = "the log agent's configuration"


@dataclass(frozen=True)
class StoredContract:
    """What is known of a service whose log is in the store only.

    `labels` select its streams; `expected` are those that it declares, or what the site says of all its streams; others
    beside them are wrong if they are `exact`.
    `level_label` holds the level; `window_s` is how far back is read; `streams` is how many streams it may have, 0 for
    any number. `address` is its `host:port`, as Prometheus scrapes it.
    """

    log: LogContract
    labels: Mapping[str, str]
    expected: Mapping[str, str]
    exact: bool = True
    level_label: str = "level"
    window_s: float = 3600.0
    streams: int = 0
    address: str = ""

    @property
    def selector(self) -> str:
        """The selector of its streams."""
        return "{" + ", ".join(f"{name}={json.dumps(value)}" for name, value in self.labels.items()) + "}"


async def stored_streams(reader: LogReader, contract: StoredContract, prometheus: PrometheusClient | None) -> Records:
    """Read the last lines of a service, one stream per source, and what it did by its metrics; never raises.

    A source is what differs in any label but that for levels: the lines of one process, in the order of their times.
    """
    now, selector = time.time(), contract.selector
    around = int((now - contract.window_s) * 1e9), int((now + AHEAD_S) * 1e9)
    lines: Mapping[str, int] = {}
    try:
        if isinstance(reader, LokiClient):
            entries = await reader.latest(selector, *around, SAMPLE)
            lines = await reader.count_by(selector, contract.level_label, contract.window_s) if entries else {}
        else:
            entries = await reader.entries(selector, *around)
        streams = await reader.series([selector], *around)
    except LogStoreError as silent:
        return dict.fromkeys(
            (LogStream, Delivery, StoredActivity),
            unanswered(f"the log store does not answer: {silent}", "loki", silent),
        )
    newest = now - max(entry.timestamp_ns for entry in entries) / 1e9 if entries else None
    served, failed, refused = None, None, False
    try:
        if prometheus:
            served, failed = await requests_served(prometheus, contract.address, contract.window_s)
    except PrometheusError:
        refused = True
    arriving = None
    if served and not entries and isinstance(reader, LokiClient):
        arriving = await _arriving(reader, contract)
    activity = StoredActivity(selector, contract.window_s, served, failed, lines, newest, arriving, refused)
    if not entries:
        why = NotEvaluated(f"the log store has no line of {selector} within {contract.window_s / 60:g} min")
        return {LogStream: why, Delivery: why, StoredActivity: [activity]}
    found = _streams(entries, contract)
    return {LogStream: found, Delivery: [_delivery(found, entries, streams, contract)], StoredActivity: [activity]}


async def _arriving(loki: LokiClient, contract: StoredContract) -> float | None:
    """How old lines are, by their times, that arrive now; None where there are none before the window, or no new ones.

    That lines end there tells nothing: the service may have stopped to log. A line more while one looks is of now.
    """

    async def newest() -> int:
        now = time.time_ns()
        found = await loki.latest(contract.selector, now - int(WIDER_S * 1e9), now, 1)
        return found[-1].timestamp_ns if found else 0

    try:
        before = await newest()
        if not before:
            return None
        found = await aeventually(newest, lambda at: at > before, ARRIVE_S, PAUSE_S, PAUSE_S)
    except (LogStoreError, TimeoutError):
        return None
    age = time.time() - found / 1e9
    return age if age > contract.window_s else None


async def agent_down(prometheus: PrometheusClient, jobs: Mapping[str, str]) -> NotEvaluated | None:
    """Why no line arrives, where all targets of the log agents are down; `jobs` are the agents by their jobs."""
    try:
        agents = [one for one in await prometheus.targets() if one.job in jobs]
    except PrometheusError:
        return None
    if not agents or any(one.health != "down" for one in agents):
        return None
    name = jobs[agents[0].job]
    return NotEvaluated(f"because {name} is down, as Prometheus finds it", because_of=name)


def _streams(entries: list[LogEntry], contract: StoredContract) -> list[LogStream]:
    by_source: dict[LabelSet, list[RawLine]] = {}

    @cache  # of a thousand lines in a few streams
    def source_of(labels: LabelSet) -> tuple[list[RawLine], str]:
        source = tuple(pair for pair in labels if pair[0] != contract.level_label)
        return by_source.setdefault(source, []), show_labels(source)

    for entry in entries:
        lines, shown = source_of(entry.labels)
        raw = entry.line.encode("utf-8", "surrogateescape")
        lines.append(RawLine(raw[:MAX_KEPT], len(lines) + 1, shown, len(raw), ended=True))
    return [
        LogStream(
            raw_lines=tuple(lines),
            service=contract.log.service,
            source=show_labels(source),
            format=contract.log.format,
            specialised=contract.log.loggers,
            max_line_bytes=contract.log.max_line_bytes,
            stored=True,
        )
        for source, lines in by_source.items()
    ]


def _delivery(
    found: list[LogStream], entries: list[LogEntry], streams: list[LabelSet], contract: StoredContract
) -> Delivery:
    """The stored lines as a delivery of themselves: their labels and times are compared with what they say."""
    level = contract.level_label

    @cache  # of a thousand lines in a few streams
    def own(labels: LabelSet) -> LabelSet:
        renamed = {"level" if name == level else name: value for name, value in labels if name != "service_name"}
        return label_set(renamed)

    return Delivery(
        service=contract.log.service,
        expected={"level" if name == level else name: value for name, value in contract.expected.items()},
        exact=contract.exact,
        lines=tuple(EmittedLine.read(line) for stream in found for line in stream.lines),
        entries=tuple(LogEntry(own(entry.labels), entry.timestamp_ns, entry.line, entry.metadata) for entry in entries),
        streams=tuple(own(labels) for labels in streams),
        stream_budget=contract.streams,
        agent=AGENT,
        stored_only=True,
    )
