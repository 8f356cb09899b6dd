"""Collects what one service exposes: a scrape before the provoked traffic, and everything else after it.

`before` and `after` touch the world and return records; they never raise for what a service does. Each keeps to the
scrape timeout and to a byte limit, so a service that hangs or floods costs its timeout and no more.
"""

import asyncio
import dataclasses
import time
from dataclasses import dataclass
from hashlib import blake2b
from http import HTTPStatus
from itertools import chain, islice
from typing import Any

from stack.clients.http import MAX_BYTES, Fetched
from stack.eventually import contention
from stack.records.exposition.again import read_again
from stack.records.exposition.exposition import Exposition, MetricFamily, OpenMetricsExposition, TextExposition
from stack.records.scrape.budget import Budget, BudgetedScrape
from stack.records.scrape.contract import Contract, MetricContract
from stack.records.scrape.negotiation import MEDIA_TYPES, OPENMETRICS_ANY, PROTOBUF, TEXT, ContentType, Negotiation
from stack.records.scrape.pair import ScrapePair
from stack.records.scrape.scrape import END_BYTES, ConcurrentScrapes, Scrape
from suites.core.evidence import NotEvaluated, Records
from suites.metrics.collect.endpoint import Endpoint, probe
from suites.metrics.helpers.families import judged

LARGE_BYTES = 16 * 1024 * 1024
"""A larger exposition is fetched and parsed once: what needs more copies of it is not evaluated."""
THREAD_BYTES = 256 * 1024
"""From here on parsing would delay the other services, so it runs in a thread."""

ON_EXPOSITION = (Exposition, TextExposition, OpenMetricsExposition, MetricFamily, BudgetedScrape, MetricContract)
ALL = (Scrape, Negotiation, ConcurrentScrapes, ScrapePair, *ON_EXPOSITION)
"""Every record type that `after` returns."""


@dataclass(frozen=True)
class Before:
    """The scrape before the traffic, without its body, and the exposition or the `problem` why there is none."""

    endpoint: Endpoint
    fetched: Fetched
    digest: bytes
    exposition: Exposition | None
    problem: str | None
    at: float

    @property
    def large(self) -> bool:
        """It is too large to be fetched again and again."""
        return self.fetched.scrape.size > LARGE_BYTES

    def same_as(self, other: Fetched) -> bool:
        """Whether another scrape answered the very same."""
        same_type = other.scrape.content_type == self.fetched.scrape.content_type
        return same_type and blake2b(other.body).digest() == self.digest


async def before(url: str, timeout_s: float = 10.0, max_bytes: int = MAX_BYTES) -> Before:
    """Scrape `url` once as Prometheus 3 does, and once again where that fails: it may answer the next time."""
    at = time.time()
    endpoint = Endpoint(url, timeout_s, max_bytes)
    fetched = await endpoint.get_once_more("gzip")
    problem = _problem(fetched.scrape)
    exposition = None if problem else await read(fetched)
    if exposition is not None and (problem := _refused(fetched.scrape, exposition)):
        exposition = None
    # The body is not needed again, and 200 services' bodies would add up.
    return Before(endpoint, Fetched(fetched.scrape, b""), blake2b(fetched.body).digest(), exposition, problem, at)


async def after(first: Before, contract: Contract, budget: Budget, sent: int, unanswered: int = 0) -> Records:
    """Scrape again after `sent` requests, in all the ways that the rules ask for; returns records for `ALL`."""
    endpoint = first.endpoint
    if first.exposition is None:
        return await _nothing(first)
    if first.large:
        return _large(first, first.exposition, contract, budget)
    at = time.time()
    second = await endpoint.get_once_more("gzip")
    problem = _problem(second.scrape)
    exposition = first.exposition if problem or first.same_as(second) else await read(second, first)
    if problem := problem or _refused(second.scrape, exposition):
        # The service answered before the traffic: what it exposed then is still worth judging.
        found = dict.fromkeys(ALL, NotEvaluated(f"after the traffic {problem}"))
        found |= await _expositions(first.exposition, None) | await _without_exposition(first, second.scrape)
        others = endpoint.unsteady() if second.scrape.ok or second.scrape.error_kind == "encoding" else ()
        return {**found, Scrape: (first.fetched.scrape, second.scrape, *others)}
    probed = await probe(endpoint, second, exposition)
    took = _took([scrape for scrape in endpoint.made if scrape.ok])
    pair = ScrapePair(
        first.exposition,
        exposition,
        round(at - first.at, 3),
        sent,
        at,
        contract.request_kinds,
        probed.repeats.count,
        tuple(probed.repeats.falls.values()),
        probed.repeats.new_series(),
        tuple(probed.repeats.new_types.values()),
        probed.concurrent.unsteady,
        unanswered,
    )
    return {
        Scrape: (first.fetched.scrape, second.scrape, *endpoint.unsteady()),
        Negotiation: [Negotiation(tuple(answer.scrape for answer in (second, *probed.answers)))],
        ConcurrentScrapes: [probed.concurrent],
        ScrapePair: [pair],
        MetricContract: [MetricContract(contract, exposition, first.exposition if sent else None)],
        BudgetedScrape: [BudgetedScrape(exposition, took, budget)],
        **await _expositions(exposition, probed.text),
    }


async def read(fetched: Fetched, first: Before | None = None) -> Exposition:
    """Parse a fetched body, which may have the same lines as that of an earlier scrape.

    A Content-Type that Prometheus refuses is the matter of one rule, `content-type-known`: the others then judge the
    body as if nothing had been said about it.
    """
    scrape, body = fetched
    earlier = first.exposition if first and first.fetched.scrape.content_type == scrape.content_type else None

    def parse() -> Exposition:
        return (earlier and read_again(earlier, body)) or Exposition.read(body, scrape.content_type)

    exposition = await asyncio.to_thread(parse) if len(body) > THREAD_BYTES else parse()
    return exposition if _known(scrape.content_type) else dataclasses.replace(exposition, content_type=None)


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
    if not isinstance(exposition, TextExposition) and text and text.scrape.ok and not _is_protobuf(text.scrape):
        in_text = await read(text)
        if isinstance(in_text, TextExposition):
            found[TextExposition] = [in_text]
            if not _refused(text.scrape, in_text):
                found[Exposition] += _only_in_text(exposition, in_text)
    return found


def _only_in_text(exposition: Exposition, in_text: Exposition) -> list[Exposition]:
    """The faults of the answer in the text format for which the usual one, of the same families, gives no reason."""
    known = list(chain.from_iterable(exposition.faults.values()))
    said = {fault.subject[:1] for fault in known if fault.subject} | {fault.excerpt for fault in known if fault.excerpt}
    faults = {
        kind: left
        for kind, found in in_text.faults.items()
        if kind not in exposition.faults
        and (left := tuple(fault for fault in found if said.isdisjoint((fault.subject[:1], fault.excerpt))))
    }
    if in_text.text[-END_BYTES:].rstrip().endswith("# EOF"):  # it is OpenMetrics, as one finding shows
        faults = dict(islice(faults.items(), 1))
    alone = dataclasses.replace(
        in_text, faults=faults, fault_counts={}, families=(), series_count=0, text="", only_to=TEXT
    )
    return [alone] if faults else []


async def _nothing(first: Before) -> Records:
    scrape = first.fetched.scrape
    why = NotEvaluated(first.problem or "there is no exposition")
    return {**dict.fromkeys(ALL, why), **await _without_exposition(first, scrape), Scrape: [scrape]}


async def _without_exposition(first: Before, scrape: Scrape) -> dict[type, Any]:
    """What the rules on other things judge of an answer that is no exposition."""
    found: dict[type, Any] = {}
    if _is_protobuf(scrape):
        asked = [await first.endpoint.get(accept) for accept in (TEXT, OPENMETRICS_ANY)]
        found[Negotiation] = [Negotiation((scrape, *(answer.scrape for answer in asked)))]
        if not _problem(asked[0].scrape):  # it negotiates, and prefers protobuf where that is allowed
            found |= await _expositions(await read(asked[0]), asked[0])
    elif scrape.error_kind == "encoding" or (scrape.ok and not (scrape.is_html and scrape.redirects)):
        found[Negotiation] = [Negotiation((scrape,))]
        if scrape.is_html and _known(scrape.content_type):
            earlier = [first.exposition] if first.exposition else []
            found[Exposition] = [*earlier, Exposition.parse(scrape.head)]
    return found


def _large(first: Before, exposition: Exposition, contract: Contract, budget: Budget) -> Records:
    scrape = first.fetched.scrape
    why = NotEvaluated(f"the exposition has {scrape.size} bytes and was fetched only once")
    found: dict[type, Any] = {
        Scrape: [scrape, *first.endpoint.unsteady()],
        Negotiation: [Negotiation((scrape,))],
        ConcurrentScrapes: why,
        ScrapePair: why,
        MetricContract: [MetricContract(contract, exposition)],
        BudgetedScrape: [BudgetedScrape(exposition, _took([scrape]), budget)],
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
    if _is_protobuf(scrape):
        return "the metrics endpoint answers in protobuf, which is not read"
    return "the metrics endpoint answered a web page" if scrape.is_html else None


def _took(scrapes: list[Scrape]) -> float:
    """Seconds for one scrape on a machine with a free core: all but the fastest may have met our load."""
    return min(scrape.elapsed_s for scrape in scrapes) / contention()


def _is_protobuf(scrape: Scrape) -> bool:
    return scrape.ok and (scrape.content_type or "").lower().startswith(PROTOBUF)


def _refused(scrape: Scrape, exposition: Exposition) -> str | None:
    """What the body is, where it is no exposition at all: then the Content-Type says so, or is wrong as well."""
    if _known(scrape.content_type):
        return None
    whole = [fault.subject[1] for fault in exposition.faults.get("unparsable", ()) if fault.subject[0] == "body"]
    return f"the body is {whole[0]}, not an exposition" if whole else None


def _known(content_type: str | None) -> bool:
    try:
        return ContentType.parse(content_type or "").media_type in MEDIA_TYPES
    except ValueError:
        return False
