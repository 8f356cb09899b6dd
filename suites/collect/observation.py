"""Observes one service: scrape, provoke, scrape again, read its log, follow its lines into the log store."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from stack.backends.base import RunningStack
from stack.clients.prometheus import PrometheusClient
from stack.records.exposition.exposition import Exposition
from stack.records.logs.delivery import Delivery
from stack.records.logs.stream import LOKI_MAX_LINE_BYTES, LogStream, SentRequest
from stack.records.scrape.pair import ScrapePair
from stack.records.scrape.scrape import Scrape
from stack.records.scrape.target import ScrapeTarget
from stack.records.scrape.traffic import ProvokedTraffic
from suites.collect.health import why_down
from suites.collect.runners.local import LiveService
from suites.collect.traffic import provoke
from suites.core.discovery import in_area
from suites.core.evidence import CollectionError, NotEvaluated, Records
from suites.logs.collect import emitted as logs
from suites.logs.collect.pipeline import LogStore, follow, latencies
from suites.logs.collect.stored import held
from suites.metrics.collect import scrapes as metrics
from suites.metrics.collect.declared import budget_of, contract_of
from suites.metrics.collect.prometheus import scraped

if TYPE_CHECKING:
    from suites.run.settings import Run

AREAS = ("metrics", "logs")
UNFOLLOWED = (
    "the service runs elsewhere: what it wrote is not known, so its lines cannot be followed into the log store"
)


def _told(scrapes: Sequence[Scrape] | NotEvaluated, died: str) -> Sequence[Scrape] | NotEvaluated:
    """The scrapes, where one failed with the reason: the process is dead."""
    if isinstance(scrapes, NotEvaluated):
        return scrapes
    return [replace(scrape, error=f"{scrape.error}; {died}") if scrape.error else scrape for scrape in scrapes]


class Observer:
    """Observes services side by side; every record goes into the run's evidence store."""

    def __init__(
        self,
        run: Run,
        http: httpx.AsyncClient,
        stack: asyncio.Future[RunningStack],
        measures: dict[str, dict[str, object]],
    ) -> None:
        self._store = run.store
        self._http = http
        self._stack = stack
        self._measures = measures
        self._prometheus: PrometheusClient | None = None
        self._logs_at: LogStore | None = None

    async def observe(self, live: LiveService) -> None:
        """Collect everything about one service; never raises for what a service does."""
        if live.metrics_url is None or live.base_url is None:
            self._not_running(live)
            await self._logs(live, [])
            return
        service, url = live.service, live.metrics_url
        timeout_s = service.metrics.scrape_timeout_s
        first = await metrics.before(url, timeout_s)
        sent, traffic = ([], None) if live.quiet else await provoke(self._http, live.base_url, service)
        provoked_at = time.time()
        log_lines = asyncio.create_task(self._logs(live, sent))
        try:
            await self._metrics(live, first, sent, traffic, provoked_at)
        finally:
            await log_lines

    async def _metrics(
        self,
        live: LiveService,
        first: metrics.Before,
        sent: list[SentRequest],
        traffic: ProvokedTraffic | None,
        provoked_at: float,
    ) -> None:
        """Scrape again after the traffic, and see what Prometheus stored."""
        service, url = live.service, live.metrics_url or ""
        contract, budget = contract_of(service), budget_of(service)
        if live.streams is not None:
            contract = replace(contract, moves=())  # others send requests to a live service as well
        timeout_s = service.metrics.scrape_timeout_s
        records = dict(await metrics.after(url, first, contract, budget, len(sent), timeout_s))
        if died := live.died():
            records[Scrape] = _told(records[Scrape], died)
        nothing_sent = NotEvaluated("its service.yaml names no traffic to provoke", applies=False)
        if live.quiet and service.traffic:
            nothing_sent = NotEvaluated(live.quiet)
        records[ProvokedTraffic] = [traffic] if traffic and sent else nothing_sent
        self._store.put(service.name, records, "live")
        self._measure_metrics(service.name, records)
        await self._scraped(live, records, provoked_at)

    def broke(self, live: LiveService, why: CollectionError) -> None:
        """Say that the suite itself broke on this service: what has no record yet is an error, not a failure."""
        types = {rule.record for area in AREAS for rule in in_area(area)}
        self._store.put_missing(live.service.name, types, why)

    def _not_running(self, live: LiveService) -> None:
        """A service that ought to run and does not cannot be reached; one that cannot run here is not evaluated."""
        problem = live.problem or "the service does not run"
        types = {rule.record for rule in in_area("metrics")}
        records: dict[type, list[object] | NotEvaluated] = dict.fromkeys(types, NotEvaluated(problem))
        if live.expected:
            records[Scrape] = [Scrape(url=live.service.metrics.path, error_kind="connect", error=problem)]
        self._store.put(live.service.name, records, "live")

    async def _scraped(self, live: LiveService, records: Records, provoked_at: float) -> None:
        stack = await asyncio.shield(self._stack)
        if live.unscraped:
            self._store.put(live.service.name, {ScrapeTarget: NotEvaluated(live.unscraped)}, "live")
            return
        endpoint = stack.endpoint("prometheus")
        if endpoint is None:
            component = stack.components.get("prometheus")
            why = f"there is no Prometheus: {component.detail}" if component else "the stack has no Prometheus"
            self._store.put(live.service.name, {ScrapeTarget: NotEvaluated(why)}, "live")
            return
        if self._prometheus is None:
            self._prometheus = PrometheusClient(endpoint, self._http)
        expositions = records[Exposition]
        exposition = None if isinstance(expositions, NotEvaluated) else expositions[0]
        found = await scraped(
            self._prometheus, live.metrics_url or "", live.service.metrics.job, exposition, provoked_at
        )
        silent = isinstance(found[ScrapeTarget], NotEvaluated)
        if silent and (down := await asyncio.to_thread(why_down, stack, "prometheus")):
            found = {ScrapeTarget: NotEvaluated(down)}
        self._store.put(live.service.name, found, "live")

    async def _logs(self, live: LiveService, sent: list[SentRequest]) -> None:
        service, declared = live.service, live.service.logs
        types = {rule.record for rule in in_area("logs")}
        if declared is None or declared.format == "none":
            reason = declared.reason if declared else "its service.yaml says nothing about logs"
            self._store.put(service.name, dict.fromkeys(types, NotEvaluated(reason, applies=False)), "live")
            return
        contract = logs.LogContract(
            service.name, declared.format, (), declared.loggers, min(declared.max_line_bytes, LOKI_MAX_LINE_BYTES)
        )
        if live.streams is not None:
            await self._held(live, contract)
            return
        # What could not be run here owes no log; what died may have left one that tells why.
        wrote = any(path.exists() and path.stat().st_size for path in live.log_files)
        silent = live.problem and not (live.expected and wrote)
        if silent or not live.log_files:
            reason = live.problem or f"it is not known where {service.name} logs"
            self._store.put(service.name, dict.fromkeys(types, NotEvaluated(reason)), "live")
            return
        records = await logs.collect(live.log_files, contract, sent, live.started_at - 1)
        self._store.put(service.name, records, "live")
        self._measure_logs(service.name, records)
        log_store = await self._log_store()
        found = await follow(live, records, log_store)
        self._store.put(service.name, found, log_store.kind)
        self._measures.setdefault(service.name, {})["delivery_seconds"] = latencies(found)

    async def _log_store(self) -> LogStore:
        stack = await asyncio.shield(self._stack)
        if self._logs_at is None:
            self._logs_at = await asyncio.to_thread(LogStore, stack, self._http)
        return self._logs_at

    async def _held(self, live: LiveService, contract: logs.LogContract) -> None:
        """Read what the log store holds of a service that runs elsewhere: its log files are out of reach."""
        log_store = await self._log_store()
        if log_store.reader is None:
            found: Records = {LogStream: NotEvaluated(log_store.missing)}
        else:
            found = await held(log_store.reader, contract, live.streams or {})
        self._store.put(live.service.name, {**found, Delivery: NotEvaluated(UNFOLLOWED)}, log_store.kind)
        self._measure_logs(live.service.name, found)

    def _measure_metrics(self, name: str, records: Mapping[type, object]) -> None:
        measures = self._measures.setdefault(name, {})
        scrapes, expositions = records.get(Scrape), records.get(Exposition)
        if isinstance(scrapes, tuple | list):
            measures["scrape_seconds"] = [round(scrape.elapsed_s, 6) for scrape in scrapes]
        pair = records.get(ScrapePair)
        if isinstance(expositions, tuple | list) and expositions and not isinstance(pair, NotEvaluated):
            exposition: Exposition = expositions[0]
            measures["series"] = exposition.series_count
            measures["body_bytes"] = exposition.size
            measures["families_by_type"] = dict(Counter(family.type for family in exposition.families))

    def _measure_logs(self, name: str, records: Records) -> None:
        streams = records[LogStream]
        if not isinstance(streams, NotEvaluated):
            levels = Counter(
                (line.record.level or "unknown") if line.record else "unreadable"
                for stream in streams
                for line in stream.lines
            )
            self._measures.setdefault(name, {})["log_lines"] = dict(levels)
