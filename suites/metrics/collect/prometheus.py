"""Collects what Prometheus reports about one service: its targets, the last scrape, the stored series."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.eventually import aeventually
from stack.records.exposition.exposition import Exposition
from stack.records.exposition.model import Sample
from stack.records.scrape.target import ScrapeTarget, SeriesKey, Target, series_key
from suites.core.evidence import NotEvaluated, Records
from suites.metrics.collect.scrapes import before

DISCOVERY_S = 6.0
"""Prometheus reads changed target files at once, but starts to scrape a new target only within one interval."""
CONNECTION_ERRORS = ("Get ", "server returned HTTP", "context deadline", "body size limit")
"""How Prometheus' errors begin that do not come from reading what was answered."""
SCRAPES = 3
"""How many scrapes a target gets to be up once."""
COMPARED_SERIES = 50_000
"""More series than this are not read back one by one."""


async def scraped(
    prometheus: PrometheusClient,
    url: str,
    job: str,
    exposition: Exposition | None,
    since: float,
    patience_s: float = 20.0,
    timeout_s: float = 0.0,
) -> Records:
    """Wait for a scrape that began after `since` (Unix seconds) and compare it with `exposition`; never raises.

    The service's targets are those that scrape `url`; where there are none (Prometheus may know it by another name),
    those of `job`. Targets with a shorter timeout than `timeout_s` are waited for to be replaced.
    """
    try:
        targets = await _targets(prometheus, url, job, since, patience_s, timeout_s)
        judged = await _judged(prometheus, url, job, exposition, targets, since)
        return {ScrapeTarget: [replace(judged, known_fault=known_fault(exposition, targets))]}
    except PrometheusError as silent:
        return {ScrapeTarget: NotEvaluated(f"Prometheus does not answer: {silent}")}


async def _targets(
    prometheus: PrometheusClient, url: str, job: str, since: float, patience_s: float, timeout_s: float
) -> tuple[Target, ...]:
    failed: dict[str, set[float]] = {}

    async def read() -> tuple[Target, ...]:
        return of_service(await prometheus.targets(), url, job)

    async def read_new() -> tuple[Target, ...]:
        return tuple(target for target in await read() if target.timeout_seconds >= timeout_s)

    def settled(targets: tuple[Target, ...]) -> bool:
        """Each was scraped well since the traffic; or failed so often that it is down, and not slow."""
        for target in targets:
            if target.last_scrape > since and target.health == "down":
                failed.setdefault(target.instance, set()).add(target.last_scrape)
        return all(_fresh(one, since) or len(failed.get(one.instance, ())) >= SCRAPES for one in targets)

    try:
        found = await aeventually(read_new, bool, min(DISCOVERY_S, patience_s), describe=f"a target for {url}")
        wait_s = min(patience_s, max(SCRAPES * target.interval_seconds + target.timeout_seconds for target in found))
        return await aeventually(read, settled, wait_s, describe=url)
    except TimeoutError:
        return await read()


def cut_short(targets: Sequence[Target], timeout_s: float) -> bool:
    """Whether Prometheus gave up on a scrape earlier than the service's own timeout."""
    return any("deadline exceeded" in target.last_error and target.timeout_seconds < timeout_s for target in targets)


def known_fault(exposition: Exposition | None, targets: tuple[Target, ...]) -> str | None:
    """Why the failed scrape is explained by the service itself: its answer cannot be scraped by any client."""
    errors = [target.last_error for target in targets if target.last_error]
    if exposition is None:
        return "the metrics endpoint gave this suite no metrics either"
    if any(error.startswith(CONNECTION_ERRORS) for error in errors):
        return None
    if exposition.content_type is None and any("Content-Type" in error for error in errors):
        return "the answer has a Content-Type that Prometheus 3 refuses"
    return "the exposition itself breaks the format" if exposition.fault_counts else None


def _fresh(target: Target, since: float) -> bool:
    """Whether Prometheus has scraped the target well since the traffic."""
    return target.last_scrape > since and target.health == "up"


def of_service(targets: tuple[Target, ...], url: str, job: str) -> tuple[Target, ...]:
    """The targets of the service at `url`, else those under its job.

    Parameters count, as in `/probe?target=a`; Prometheus may send more of them than `url` has.
    """
    here = urlsplit(url)
    parameters = parse_qs(here.query, keep_blank_values=True)
    same = {
        target: parse_qs(there.query, keep_blank_values=True)
        for target in targets
        if (there := urlsplit(target.scrape_url)).netloc == here.netloc and there.path == here.path
    }
    exact = tuple(target for target, theirs in same.items() if theirs == parameters)
    more = tuple(target for target, theirs in same.items() if parameters.items() <= theirs.items())
    return exact or more or tuple(target for target in targets if target.job == job and target not in same)


async def _judged(
    prometheus: PrometheusClient,
    url: str,
    job: str,
    exposition: Exposition | None,
    targets: tuple[Target, ...],
    since: float,
) -> ScrapeTarget:
    up = [target for target in targets if target.health == "up"]
    if len(targets) != 1 or not up:
        return ScrapeTarget(job, targets, url, not_compared="the service is not one target that is up")
    target = up[0]
    identity = {**dict(target.labels), "job": target.job, "instance": target.instance}
    selector = "{" + ",".join(f"{_quoted(name)}={json.dumps(value)}" for name, value in identity.items()) + "}"
    counts = [
        int(sample.value)
        for name in ("scrape_samples_scraped", "scrape_samples_post_metric_relabeling")
        for sample in await prometheus.query(name + selector)
    ]
    scraped_count, kept = counts if len(counts) == 2 else (None, None)
    exposed, stored, why = await _compared(prometheus, url, exposition, target, selector, since)
    return ScrapeTarget(job, targets, url, scraped_count, kept, exposed, stored, why)


async def _compared(
    prometheus: PrometheusClient, url: str, exposition: Exposition | None, target: Target, selector: str, since: float
) -> tuple[frozenset[SeriesKey] | None, frozenset[SeriesKey] | None, str | None]:
    if exposition is None:
        return None, None, "there is no exposition to compare with"
    if exposition.series_count > COMPARED_SERIES:
        return None, None, f"{exposition.series_count} series are too many to be read back"
    if target.last_scrape <= since:
        return None, None, "Prometheus has not scraped the service since the last traffic"
    own = frozenset(name for name, _ in target.labels)
    exposed = _exposed(exposition, own)
    stored = await _stored(prometheus, selector, own, target.last_scrape - 0.001)
    timed = [sample for sample in exposition.samples() if sample.timestamp is not None]
    if timed:  # Prometheus stores these under their own times, which may lie before the scrape
        earliest = min(sample.timestamp for sample in timed if sample.timestamp is not None)
        keys = frozenset(_exposed_as(sample, own) for sample in timed)
        stored |= keys & await _stored(prometheus, selector, own, earliest - 1)
    if exposed - stored:  # what ended before Prometheus came to scrape is not missing
        again = (await before(url)).exposition
        exposed = exposed & _exposed(again, own) if again is not None else exposed
    return exposed, stored, None


async def _stored(
    prometheus: PrometheusClient, selector: str, own: frozenset[str], since: float
) -> frozenset[SeriesKey]:
    """The series that have samples since a Unix time, without the target's own labels."""
    return frozenset(
        series_key(labels["__name__"], [pair for pair in labels.items() if pair[0] != "__name__"], own)
        for labels in await prometheus.series(selector, since, time.time() + 3600)
    )


def _exposed(exposition: Exposition, own: frozenset[str]) -> frozenset[SeriesKey]:
    """The series as Prometheus names them."""
    return frozenset(
        _exposed_as(sample, own)
        for family in exposition.families
        for sample in family.samples
        if sample.name != f"{family.name}_created"
    )


def _exposed_as(sample: Sample, own: frozenset[str]) -> SeriesKey:
    """A series as Prometheus names it: a label that the target has, too, is renamed until its name is free.

    Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config (`honor_labels`)
    """
    labels = {name: value for name, value in sample.labels if value}
    for name in sorted(labels.keys() & own, key=len):
        value, renamed = labels.pop(name), name
        while renamed in labels or renamed in own:
            renamed = f"exported_{renamed}"
        labels[renamed] = value
    return series_key(sample.name, labels.items())


def _quoted(name: str) -> str:
    return name if name.isascii() and name.isidentifier() else json.dumps(name, ensure_ascii=False)
