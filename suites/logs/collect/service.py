"""Collects the log of one service: the lines it wrote, and what the log store has of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from stack.records.logs.delivery import Delivery
from stack.records.logs.stream import LOKI_MAX_LINE_BYTES, LogStream
from suites.core.area import RunContext, Traffic
from suites.core.discovery import in_area
from suites.core.evidence import Kind, NotEvaluated, Records
from suites.core.running_service import RunningService
from suites.logs.collect import emitted
from suites.logs.collect.pipeline import LogStore, deliveries, latencies
from suites.logs.collect.stored import stored_streams

NO_DELIVERY = NotEvaluated(
    "the service runs elsewhere: which lines it wrote is not known, so their delivery cannot be judged"
)


def collectors(run: RunContext) -> Callable[[RunningService], LogsCollector]:
    """Make what makes the collector of each service; all of them ask one log store, whose health is checked once."""
    checked: list[asyncio.Task[LogStore]] = []

    async def check() -> LogStore:
        stack = await asyncio.shield(run.stack)
        return await asyncio.to_thread(LogStore, stack, run.http, run.services)

    async def log_store() -> LogStore:
        if not checked:
            checked.append(asyncio.create_task(check()))
        return await asyncio.shield(checked[0])

    return lambda running: LogsCollector(run, log_store, running)


class LogsCollector:
    """Collects the log of one service."""

    def __init__(self, run: RunContext, log_store: Callable[[], Awaitable[LogStore]], running: RunningService) -> None:
        self._run = run
        self._log_store = log_store
        self._running = running
        self._name = running.service.name

    async def before_traffic(self) -> None:
        """Nothing: a log keeps what was written before."""

    async def not_running(self) -> None:
        """What died may have left a log with the reason."""
        await self._collect(Traffic((), None, 0.0))

    async def after_traffic(self, traffic: Traffic) -> None:
        """Wait for the lines of the requests, read the log, and wait until the log store has its lines."""
        await self._collect(traffic)

    async def _collect(self, traffic: Traffic) -> None:
        running, declared = self._running, self._running.service.logs
        types = {rule.record for rule in in_area("logs")}
        if declared is None or declared.format == "none":
            reason = declared.reason if declared else "its service.yaml declares no logs"
            self._put(dict.fromkeys(types, NotEvaluated(reason, applies=False)), "live")
            return
        contract = emitted.LogContract(
            self._name, declared.format, (), declared.loggers, min(declared.max_line_bytes, LOKI_MAX_LINE_BYTES)
        )
        if running.stream_labels is not None:
            await self._stored(contract, running.stream_labels)
            return
        wrote = any(path.exists() and path.stat().st_size for path in running.log_files)
        silent = running.problem and not (running.expected and wrote)  # what could not be run here owes no log
        if silent or not running.log_files:
            reason = running.problem or (
                f"it is not known where {self._name} logs; a service that this run does not start has a log only in "
                "the log store of an attached stack"
            )
            self._put(dict.fromkeys(types, NotEvaluated(reason)), "live")
            return
        records = await emitted.collect(running.log_files, contract, traffic.sent, running.started_at - 1)
        self._put(records, "live")
        self._measure(records)
        log_store = await self._log_store()
        found = await deliveries(running, records, log_store)
        self._put(found, log_store.kind)
        self._run.measures.setdefault(self._name, {})["delivery_seconds"] = latencies(found)

    async def _stored(self, contract: emitted.LogContract, labels: Mapping[str, str]) -> None:
        """Read what the log store has of a service that runs elsewhere: its log files are out of reach."""
        log_store = await self._log_store()
        if log_store.reader is None:
            found: Records = {LogStream: NotEvaluated(log_store.missing)}
        else:
            found = await stored_streams(log_store.reader, contract, labels)
        self._put({**found, Delivery: NO_DELIVERY}, log_store.kind)
        self._measure(found)

    def _put(self, records: Mapping[type, object], kind: Kind) -> None:
        self._run.store.put(self._name, records, kind)  # type: ignore[arg-type]  # a dict of reasons alone is Records, too

    def _measure(self, records: Records) -> None:
        streams = records[LogStream]
        if not isinstance(streams, NotEvaluated):
            levels = Counter(
                (line.record.level or "unknown") if line.record else "unreadable"
                for stream in streams
                for line in stream.lines
            )
            self._run.measures.setdefault(self._name, {})["log_lines"] = dict(levels)
