"""Collects the metrics of one service: scrapes before and after its traffic, and what Prometheus stored of them."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.records.exposition.exposition import Exposition
from stack.records.live.service_start import ServiceStart
from stack.records.scrape.budget import USUAL, BudgetedScrape
from stack.records.scrape.pair import ScrapePair
from stack.records.scrape.scrape import ConcurrentScrapes, Scrape
from stack.records.scrape.target import ScrapeTarget
from stack.records.scrape.traffic import ProvokedTraffic
from suites.core.area import RunContext, Traffic
from suites.core.discovery import in_area
from suites.core.evidence import NotEvaluated, Records
from suites.core.health import why_down
from suites.core.running_service import NO_METRICS, RunningService
from suites.metrics.collect import scrapes
from suites.metrics.collect.declared import budget_of, contract_of
from suites.metrics.collect.endpoint import counters
from suites.metrics.collect.prometheus import COMPARED_SERIES, OwnFaults, cut_short, scraped, stored_falls

WHOLE_RUN_S = 3600.0
PATIENCE_IN_TIMEOUTS = 3.0
"""Prometheus starts with a new target anywhere within one interval, which is then as long as the timeout."""


class MetricsCollector:
    """Collects the metrics of one service."""

    def __init__(self, run: RunContext, running: RunningService) -> None:
        self._run = run
        self._running = running
        self._name = running.service.name
        self._url = running.metrics_url or ""
        self._timeout_s = running.service.metrics.scrape_timeout_s
        self._exposed = running.service.metrics.exposed
        self._first: scrapes.Before | None = None

    async def before_traffic(self) -> None:
        """Scrape once."""
        if not self._exposed:
            return
        self._url = self._running.metrics_url or ""
        self._first = await scrapes.before(self._url, self._timeout_s)

    async def after_traffic(self, traffic: Traffic) -> None:
        """Scrape again in every way that the rules judge, and read back what Prometheus stored."""
        running, service = self._running, self._running.service
        if not self._exposed:
            self._without_metrics()
            return
        assert self._first is not None  # noqa: S101  # `before_traffic` comes first
        contract, budget = contract_of(service), budget_of(service)
        if running.stream_labels is not None or not traffic.sent:
            contract = replace(contract, moves=())  # others send requests to a live service as well
        unanswered = sum(not answer.status for answer in traffic.answers.answers) if traffic.answers else 0
        records = dict(await scrapes.after(self._first, contract, budget, len(traffic.sent), unanswered))
        if died := running.died():
            records[Scrape] = _with_cause(records[Scrape], died)
        records[ProvokedTraffic] = self._traffic(traffic)
        elsewhere = NotEvaluated("this run did not start it", applies=False)
        records[ServiceStart] = [ServiceStart(self._name)] if running.processes else elsewhere
        self._run.store.put(self._name, records, "live")
        self._measure(records)
        self._run.store.put(self._name, await self._scraped(records, traffic), "live")

    async def not_running(self) -> None:
        """A service that should run and does not breaks one rule; everything else about it is not evaluated."""
        problem = self._running.problem or "the service does not run"
        if not self._exposed:
            self._without_metrics(problem)
            return
        types = {rule.record for rule in in_area("metrics")}
        records: dict[type, list[object] | NotEvaluated] = dict.fromkeys(types, NotEvaluated(problem))
        if self._running.expected:
            records[ServiceStart] = [ServiceStart(self._name, problem)]
        self._run.store.put(self._name, records, "live")

    def _without_metrics(self, problem: str = "") -> None:
        """Of a service without metrics only that it starts is judged."""
        none = NotEvaluated(NO_METRICS, applies=False)
        records: dict[type, list[object] | NotEvaluated] = dict.fromkeys(
            (rule.record for rule in in_area("metrics")), none
        )
        if self._running.processes or (problem and self._running.expected):
            records[ServiceStart] = [ServiceStart(self._name, problem)]
        self._run.store.put(self._name, records, "live")

    def _traffic(self, traffic: Traffic) -> list[ProvokedTraffic] | NotEvaluated:
        if traffic.answers and traffic.sent:
            return [traffic.answers]
        if self._running.no_traffic and self._running.service.traffic:
            return NotEvaluated(self._running.no_traffic)
        return NotEvaluated("its service.yaml names no traffic to provoke", applies=False)

    async def _scraped(self, records: Records, traffic: Traffic) -> Records:
        stack = await asyncio.shield(self._run.stack)
        if self._running.unscraped:
            return {ScrapeTarget: NotEvaluated(self._running.unscraped)}
        endpoint = stack.endpoint("prometheus")
        if endpoint is None:
            component = stack.components.get("prometheus")
            why = f"there is no Prometheus: {component.detail}" if component else "the stack has no Prometheus"
            return {ScrapeTarget: NotEvaluated(why)}
        expositions = records[Exposition]
        exposition = None if isinstance(expositions, NotEvaluated) else expositions[0]
        job = self._running.service.metrics.job
        prometheus = self._run.prometheus(endpoint)
        own = _own_faults(records, own_limits=not self._run.attached)
        since, sent = traffic.ended_at, bool(traffic.sent)
        found = await scraped(prometheus, self._url, job, exposition, since, own=own, sent=sent)
        # The first scrapes of a run have a short timeout, so that they may come every second.
        if _cut_short(found, self._timeout_s) and await self._run.own_timeout(self._running):
            patience_s = PATIENCE_IN_TIMEOUTS * self._timeout_s
            limits = patience_s, self._timeout_s, own
            found = await scraped(prometheus, self._url, job, exposition, since, *limits, sent=sent)
        judged = found[ScrapeTarget]
        # A Prometheus on a full disk answers, and has nothing.
        nothing = isinstance(judged, NotEvaluated) or any(one.exposed and not one.stored for one in judged)
        if nothing and (down := await asyncio.to_thread(why_down, stack, "prometheus")):
            return {ScrapeTarget: down}
        if not isinstance(judged, NotEvaluated):
            judged = [one.without_common() for one in judged]
        falls = await self._with_stored_falls(prometheus, records, found)
        return {**found, ScrapeTarget: judged, **falls, **seen_by_prometheus(records, found)}

    async def _with_stored_falls(self, prometheus: PrometheusClient, records: Records, found: Records) -> Records:
        """The pair of scrapes with the counters that fell in what Prometheus stored; empty where it has none."""
        pairs, targets = records.get(ScrapePair), found[ScrapeTarget]
        if pairs is None or isinstance(pairs, NotEvaluated) or isinstance(targets, NotEvaluated):
            return {}
        pair: ScrapePair = pairs[0]
        judged: ScrapeTarget = targets[0]
        up = [target for target in judged.targets if target.health == "up"]
        if len(up) != 1 or pair.after.fault_counts or pair.after.series_count > COMPARED_SERIES:
            return {}
        assert self._first is not None  # noqa: S101  # `before_traffic` comes first
        # A Prometheus that this run started has seen nothing but this run.
        window_s = time.time() - self._first.at if self._run.attached else WHOLE_RUN_S
        try:
            falls = await stored_falls(prometheus, up[0], counters(pair.after), window_s)
        except PrometheusError:
            return {}
        return {ScrapePair: [replace(pair, falls=(*pair.falls, *falls))]} if falls else {}

    def _measure(self, records: Mapping[type, object]) -> None:
        measures = self._run.measures.setdefault(self._name, {})
        seen, expositions = records.get(Scrape), records.get(Exposition)
        if isinstance(seen, tuple | list):
            measures["scrape_seconds"] = [round(scrape.elapsed_s, 6) for scrape in seen]
        pair = records.get(ScrapePair)
        if isinstance(expositions, tuple | list) and expositions and not isinstance(pair, NotEvaluated):
            exposition: Exposition = expositions[0]
            measures["series"] = exposition.series_count
            measures["body_bytes"] = exposition.size
            measures["families_by_type"] = dict(Counter(family.type for family in exposition.families))


def _own_faults(records: Records, *, own_limits: bool) -> OwnFaults:
    """What the rules on the answers report, so that the failed scrape is no second finding.

    `own_limits`: the limits of the scrape are those of the Prometheus that this run started, not the user's.
    """

    def of(kind: type) -> Sequence[Any]:
        found = records.get(kind, ())
        return () if isinstance(found, NotEvaluated) else found

    reasons: dict[str, str] = {}
    encodings = {(scrape.header("content-encoding") or "identity").strip() for scrape in of(Scrape) if scrape.ok}
    if any(encoding != "gzip" and encoding.lower() != "identity" for encoding in encodings):
        reasons[""] = "the answer is in an encoding that was not requested"
    last = records.get(BudgetedScrape)
    if isinstance(last, NotEvaluated) and len(of(Scrape)) > 1:  # there was an exposition before the traffic alone
        reasons[""] = last.reason
    if any(scrape.error_kind == "timeout" for scrape in of(Scrape)):
        reasons["deadline exceeded"] = "the metrics endpoint gave this suite no answer in time either"
    for one in of(BudgetedScrape):
        series, size = (
            own if own is not None or not own_limits else usual
            for own, usual in ((one.budget.series, USUAL.series), (one.budget.body_bytes, USUAL.body_bytes))
        )
        if series is not None and one.exposition.series_count > series:
            reasons["sample limit"] = "the service has more series than its budget allows, or than is usual"
        if size is not None and one.exposition.size > size:
            reasons["body size limit"] = "the body is larger than the service's budget allows, or than is usual"
    return OwnFaults(reasons, frozenset().union(*(one.unsteady for one in of(ConcurrentScrapes))))


def _cut_short(found: Records, timeout_s: float) -> bool:
    judged = found[ScrapeTarget]
    return not isinstance(judged, NotEvaluated) and any(cut_short(one.targets, timeout_s) for one in judged)


def seen_by_prometheus(records: Records, found: Records) -> Records:
    """The scrape that was over the budget, with the time that Prometheus measured where that is less.

    While hundreds of services are observed, this process is late itself.
    """
    scrapes, targets = records.get(BudgetedScrape), found[ScrapeTarget]
    if scrapes is None or isinstance(scrapes, NotEvaluated) or isinstance(targets, NotEvaluated):
        return {}
    measured = [each.scrape_seconds for one in targets for each in one.targets if each.health == "up"]
    usual = USUAL.scrape_seconds or math.inf
    if not measured or all(one.took_seconds <= (one.budget.scrape_seconds or usual) for one in scrapes):
        return {}
    return {BudgetedScrape: [replace(one, took_seconds=min(one.took_seconds, *measured)) for one in scrapes]}


def _with_cause(found: Sequence[Scrape] | NotEvaluated, died: str) -> Sequence[Scrape] | NotEvaluated:
    """The scrapes, where one failed with the reason: the process is dead."""
    if isinstance(found, NotEvaluated):
        return found
    return [replace(scrape, error=f"{scrape.error}; {died}") if scrape.error else scrape for scrape in found]
