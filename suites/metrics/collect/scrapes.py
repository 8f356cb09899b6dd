"""Collects what one service exposes: a scrape before the provoked traffic, and everything else after it.

`before` and `after` touch the world and return records; they never raise for what a service does. Each keeps to the
scrape timeout and to a byte limit, so a service that hangs or floods costs its timeout and no more.
"""

import asyncio
import dataclasses
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from stack.clients.http import MAX_BYTES, Fetched, fetch
from stack.records.exposition.exposition import Exposition, MetricFamily, OpenMetricsExposition, TextExposition
from stack.records.scrape.budget import Budget, BudgetedScrape
from stack.records.scrape.contract import Contract, MetricContract
from stack.records.scrape.negotiation import (
    ANYTHING,
    MEDIA_TYPES,
    OPENMETRICS_ANY,
    PROMETHEUS_3,
    TEXT,
    ContentType,
    Negotiation,
)
from stack.records.scrape.pair import ScrapePair
from stack.records.scrape.scrape import ConcurrentScrapes, Scrape, series_in
from suites.core.evidence import NotEvaluated, Records
from suites.metrics.helpers.families import judged

CONCURRENT = 5
LARGE_BYTES = 16 * 1024 * 1024
"""A larger exposition is fetched and parsed once: what needs more copies of it is not evaluated."""
THREAD_BYTES = 256 * 1024
"""From here on parsing would delay the other services, so it runs in a thread."""

ON_EXPOSITION = (Exposition, TextExposition, OpenMetricsExposition, MetricFamily, BudgetedScrape, MetricContract)
ALL = (Scrape, Negotiation, ConcurrentScrapes, ScrapePair, *ON_EXPOSITION)
"""Every record type that `after` returns."""


@dataclass(frozen=True)
class Before:
    """The scrape before the traffic: what was fetched, and the exposition or the `problem` why there is none."""

    fetched: Fetched
    exposition: Exposition | None
    problem: str | None
    at: float

    @property
    def large(self) -> bool:
        """It is too large to be fetched again and again."""
        return self.fetched.scrape.size > LARGE_BYTES


async def before(url: str, timeout_s: float = 10.0, max_bytes: int = MAX_BYTES) -> Before:
    """Scrape `url` once as Prometheus 3 does."""
    at = time.time()
    fetched = await fetch(url, PROMETHEUS_3, timeout_s=timeout_s, max_bytes=max_bytes)
    problem = _problem(fetched.scrape)
    exposition = None if problem else await read(fetched)
    # The body is not needed again, and 200 services' bodies would add up.
    return Before(Fetched(fetched.scrape, b""), exposition, problem, at)


async def after(
    url: str,
    first: Before,
    contract: Contract,
    budget: Budget,
    sent: int,
    timeout_s: float = 10.0,
    max_bytes: int = MAX_BYTES,
) -> Records:
    """Scrape again after `sent` requests, in all the ways that the rules ask for; returns records for `ALL`."""
    if first.exposition is None:
        return _nothing(first)
    if first.large:
        return _large(first, first.exposition, contract, budget)
    at = time.time()
    second = await fetch(url, PROMETHEUS_3, timeout_s=timeout_s, max_bytes=max_bytes)
    scrapes = (first.fetched.scrape, second.scrape)
    problem = _problem(second.scrape)
    if problem:  # the service answered before the traffic: what it exposed then is still worth judging
        found = dict.fromkeys(ALL, NotEvaluated(f"after the traffic {problem}"))
        return {**found, **await _expositions(first.exposition, None), Scrape: scrapes}
    exposition = await read(second)
    text, *others, concurrent = await _probes(url, second.body, timeout_s, max_bytes)
    took = min(scrape.elapsed_s for scrape in scrapes)  # the less of the two: the other one may have met our own load
    answers = (second.scrape, text.scrape, *(other.scrape for other in others))
    pair = ScrapePair(first.exposition, exposition, round(at - first.at, 3), sent, at, contract.request_kinds)
    return {
        Scrape: scrapes,
        Negotiation: [Negotiation(answers)],
        ConcurrentScrapes: [concurrent],
        ScrapePair: [pair],
        MetricContract: [MetricContract(contract, exposition, first.exposition if sent else None)],
        BudgetedScrape: [BudgetedScrape(exposition, took, budget)],
        **await _expositions(exposition, text),
    }


async def read(fetched: Fetched) -> Exposition:
    """Parse a fetched body.

    A Content-Type that Prometheus refuses is the matter of one rule, `content-type-known`: the others then judge the
    body as if nothing had been said about it.
    """
    scrape, body = fetched
    if len(body) > THREAD_BYTES:
        exposition = await asyncio.to_thread(Exposition.read, body, scrape.content_type)
    else:
        exposition = Exposition.read(body, scrape.content_type)
    return exposition if _known(scrape.content_type) else dataclasses.replace(exposition, content_type=None)


async def _probes(url: str, earlier: bytes, timeout_s: float, max_bytes: int) -> tuple[Any, ...]:
    async def get(accept: str) -> Fetched:
        return await fetch(url, accept, "identity", timeout_s, max_bytes)

    asked = (TEXT, OPENMETRICS_ANY, ANYTHING)
    # First the ways of asking, then the crowd: a service that breaks under five scrapes must not spoil the others.
    answers = await asyncio.gather(*(get(accept) for accept in asked))
    crowd = await asyncio.gather(*(get(PROMETHEUS_3) for _ in range(CONCURRENT)))
    series = tuple(series_in(fetched.body) for fetched in crowd)
    if len(set(series)) > 1:  # what begins or ends just then, such as a device, is no disagreement
        lasting = series_in(earlier) & series_in((await get(PROMETHEUS_3)).body)
        series = tuple(each & lasting for each in series) if lasting else series
    return (*answers, ConcurrentScrapes(tuple(fetched.scrape for fetched in crowd), series))


async def _expositions(exposition: Exposition, text: Fetched | None) -> dict[type, Any]:
    """The expositions by format, and the families: each rule is applied to one exposition, not to several alike."""
    absent = NotEvaluated("the service does not offer OpenMetrics", applies=False)
    found: dict[type, Any] = {
        Exposition: [exposition],
        OpenMetricsExposition: absent,
        TextExposition: NotEvaluated("the service gave no exposition in the text format"),
        MetricFamily: list(judged(exposition)) or NotEvaluated("the exposition has no metrics"),
        type(exposition): [exposition],
    }
    if not isinstance(exposition, TextExposition) and text is not None and text.scrape.ok:
        in_text = await read(text)
        if isinstance(in_text, TextExposition):
            found[TextExposition] = [in_text]
    return found


def _nothing(first: Before) -> Records:
    scrape = first.fetched.scrape
    why = NotEvaluated(first.problem or "there is no exposition")
    found: dict[type, Any] = {**dict.fromkeys(ALL, why), Scrape: [scrape]}
    if scrape.ok and scrape.is_html and not scrape.redirects:
        found[Negotiation] = [Negotiation((scrape,))]  # `content-type-known` reports it
        if _known(scrape.content_type):
            found[Exposition] = [Exposition.parse(scrape.head)]
    return found


def _large(first: Before, exposition: Exposition, contract: Contract, budget: Budget) -> Records:
    scrape = first.fetched.scrape
    why = NotEvaluated(f"the exposition has {scrape.size} bytes and was fetched only once")
    found: dict[type, Any] = {
        Scrape: [scrape],
        Negotiation: [Negotiation((scrape,))],
        ConcurrentScrapes: why,
        ScrapePair: why,
        MetricContract: [MetricContract(contract, exposition)],
        BudgetedScrape: [BudgetedScrape(exposition, scrape.elapsed_s, budget)],
        Exposition: [exposition],
        TextExposition: why,
        OpenMetricsExposition: NotEvaluated("the service does not offer OpenMetrics", applies=False),
        MetricFamily: list(judged(exposition)) or NotEvaluated("the exposition has no metrics"),
        type(exposition): [exposition],
    }
    return found


def _problem(scrape: Scrape) -> str | None:
    """Why there is no exposition to judge, as a sentence; None where there is one."""
    if scrape.error is not None:
        return f"the metrics endpoint gave no answer: {scrape.error}"
    if scrape.status != HTTPStatus.OK:
        return f"the metrics endpoint answered status {scrape.status}"
    return "the metrics endpoint answered a web page" if scrape.is_html else None


def _known(content_type: str | None) -> bool:
    try:
        return ContentType.parse(content_type or "").media_type in MEDIA_TYPES
    except ValueError:
        return False
