"""Collects the log of one service: the lines it wrote, and what the log store has of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from fixtures.service import Logs
from stack.clients.prometheus import PrometheusError
from stack.components import AGENTS
from stack.records.logs.delivery import ANY, Delivery
from stack.records.logs.format import LogFormat
from stack.records.logs.shared_labels import SharedLabels
from stack.records.logs.stored import StoredActivity
from stack.records.logs.stream import LOKI_MAX_LINE_BYTES, LogStream
from suites.core.area import RunContext, Traffic
from suites.core.discovery import in_area
from suites.core.evidence import Kind, NotEvaluated, Records
from suites.core.health import unanswered, why_down
from suites.core.running_service import RunningService
from suites.logs.collect import emitted
from suites.logs.collect.pipeline import LogStore, deliveries, latencies
from suites.logs.collect.stored import StoredContract, agent_down, stored_streams

USUAL_LABELS = frozenset({"service", "system", "environment", "instance", "level"})
"""The labels of a service whose catalog entry names none."""
NO_DELIVERY = NotEvaluated("no agent of this run reads the log of a service that it did not start", applies=False)
ELSEWHERE = NotEvaluated("the log of the service itself is judged, not only what is stored of it", applies=False)


def collectors(run: RunContext) -> Callable[[RunningService], LogsCollector]:
    """Make what makes the collector of each service; all of them ask one log store, whose health is checked once."""
    checked: list[asyncio.Task[LogStore]] = []

    async def check() -> LogStore:
        stack = await asyncio.shield(run.stack)
        log_store = await asyncio.to_thread(LogStore, stack, run.http, run.services)
        await log_store.remember()
        return log_store

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
        """Read what a store that served before this run has refused so far; a log keeps what was written before."""
        if self._running.service.logs is not None and self._run.stack.done():
            await self._log_store()

    async def not_running(self) -> None:
        """What died may have left a log with the reason."""
        await self._collect(Traffic((), None, 0.0))

    async def after_traffic(self, traffic: Traffic) -> None:
        """Wait for the lines of the requests, read the log, and wait until the log store has its lines."""
        await self._collect(traffic)

    async def _collect(self, traffic: Traffic) -> None:
        running, declared = self._running, self._running.service.logs
        types = {rule.record for rule in in_area("logs")}
        if declared is None:
            self._put(dict.fromkeys(types, NotEvaluated("its service.yaml declares no logs", applies=False)), "live")
            return
        contract = emitted.LogContract(
            self._name if declared.format else "",  # a name on the command line need not be what its lines say
            LogFormat.declared(declared.parts or declared.format) if declared.format else None,
            declared.loggers,
            min(declared.max_line_bytes, LOKI_MAX_LINE_BYTES),
        )
        if running.stream_labels is not None:
            await self._stored(contract, running.stream_labels, declared)
            return
        if running.own_log is not None and not running.problem:
            # Its lines are older than this run, and what delivers them is not ours.
            records = await emitted.collect((running.own_log,), contract, traffic.sent, None)
            self._put({**records, Delivery: NO_DELIVERY, SharedLabels: NO_DELIVERY, StoredActivity: ELSEWHERE}, "live")
            self._measure(records)
            return
        wrote = any(path.exists() and path.stat().st_size for path in running.log_files)
        silent = running.problem and not (running.expected and wrote)  # what could not be run here owes no log
        if silent or not running.log_files:
            reason = running.problem or (
                f"it is not known where {self._name} logs; of a service that this run does not start, "
                "name the file: `logs: {source: file, directory: …, file: …}`"
            )
            silent_text = declared.format == "none" and not running.problem
            reason = declared.reason if silent_text else reason
            self._put(dict.fromkeys(types, NotEvaluated(reason, applies=not silent_text)), "live")
            return
        self._put({StoredActivity: ELSEWHERE}, "live")
        # Of lines without request ids it is not known which are still to come.
        sent = traffic.sent if contract.format and contract.format.request_id else ()
        records = await emitted.collect(running.log_files, contract, sent, running.started_at - 1)
        self._put(records, "live")
        self._measure(records)
        log_store = await self._log_store()
        found = await deliveries(running, records, log_store)
        self._put({**found, SharedLabels: await self._shared(found)}, log_store.kind)
        self._run.measures.setdefault(self._name, {})["delivery_seconds"] = latencies(found)

    async def _stored(self, log: emitted.LogContract, labels: Mapping[str, str], declared: Logs) -> None:
        """Read what the log store has of a service that runs elsewhere: its log files are out of reach."""
        log_store, stack = await self._log_store(), await asyncio.shield(self._run.stack)
        if log_store.reader is None:
            found: Records = dict.fromkeys((LogStream, Delivery, StoredActivity), log_store.missing)
        else:
            service, target = self._running.service, self._run.target
            own = bool(declared.labels.keys() - USUAL_LABELS) or not target or not target.service_label
            exact = own and labels.items() <= declared.labels.items()
            level = target.level_label if target else ""
            labelled = level and log.format and not log.format.default_level  # whose lines have levels of their own
            contract = StoredContract(
                log,
                labels,
                declared.labels if exact else {level: ANY} if labelled else {},
                exact,
                level or StoredContract.level_label,
                target.window_s if target else StoredContract.window_s,
                service.budgets.streams or 0,
                self._running.address or "",
            )
            endpoint = stack.endpoint("prometheus")
            prometheus = self._run.prometheus(endpoint) if endpoint else None
            found = await stored_streams(log_store.reader, contract, prometheus)
            jobs = {target.jobs[name]: name for name in AGENTS if name in target.jobs} if target else {}
            if prometheus and (down := await agent_down(prometheus, jobs)):
                found = {**found, StoredActivity: down}
        self._put({**found, SharedLabels: await self._shared(found)}, log_store.kind)
        self._measure(found)

    async def _shared(self, found: Records) -> list[SharedLabels] | NotEvaluated:
        """The labels of the service's scrape targets, beside those of its streams."""
        delivered, running = found[Delivery], self._running
        if isinstance(delivered, NotEvaluated):
            return delivered
        endpoint = (await asyncio.shield(self._run.stack)).endpoint("prometheus")
        if endpoint is None or running.unscraped:
            return NotEvaluated(running.unscraped or "there is no Prometheus", applies=not running.unscraped)
        job, address = running.service.metrics.job, running.address or ""
        try:
            targets = [one for one in await self._run.prometheus(endpoint).targets() if one.job == job]
        except PrometheusError as silent:
            down = await asyncio.to_thread(why_down, await asyncio.shield(self._run.stack), "prometheus")
            return down or unanswered(f"Prometheus does not answer: {silent}", "prometheus", silent)
        mine = [one for one in targets if one.at(address)] or targets
        streams = (dict(labels) for one in delivered for labels in one.streams)
        return [SharedLabels(tuple(dict(one.labels) for one in mine), tuple(streams))]

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
