"""Collects what Prometheus reports about one service: its targets, the last scrape, the stored series."""

import json
import math
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.eventually import aeventually
from stack.records.exposition.exposition import Exposition
from stack.records.exposition.faults import ILL_TIMED, REFUSED
from stack.records.scrape.repeats import Fall
from stack.records.scrape.target import ScrapeTarget, SeriesKey, Target, notation, series_key
from suites.core.evidence import Records
from suites.core.health import unanswered
from suites.metrics.collect.scrapes import before
from suites.metrics.collect.series import exposed_as, exposed_series, stored_series
from suites.metrics.helpers.scrape_errors import by_the_answer

DISCOVERY_S = 6.0
"""Prometheus reads changed target files at once, but starts to scrape a new target only within one interval."""
SCRAPES = 3
"""How many scrapes a target gets to be up once."""
LONGEST_S = 90.0
"""How long a scrape of a sound target is waited for: one a minute is usual, and it may take its time."""
RECENT_S = 300.0
"""A scrape that is no older shows what a service has that got no requests; after that Prometheus takes it for gone."""
COMMIT_S = 1.0
"""Prometheus reports a scrape as done shortly before what it found can be read."""
AHEAD_S = 600
"""Prometheus stores samples with times up to ten minutes ahead of its own."""
COUNTS = ("scrape_samples_scraped", "scrape_samples_post_metric_relabeling")
"""The series with which Prometheus counts the samples of a scrape, and those that it keeps."""
COUNTER = "__counter__"
AT_ONCE = 25
"""How many counters one query asks for."""
COMPARED_SERIES = 50_000
"""More series than this are not read back one by one."""


@dataclass(frozen=True)
class OwnFaults:
    """What was found to be wrong with the service's answers beside their text.

    `reasons` explain errors of Prometheus, by a part of their text. The series of `unsteady` metrics are not the same
    in scrapes at the same time.
    """

    reasons: Mapping[str, str] = field(default_factory=dict)
    unsteady: frozenset[str] = frozenset()


NO_FAULTS = OwnFaults()


async def scraped(
    prometheus: PrometheusClient,
    url: str,
    job: str,
    exposition: Exposition | None,
    since: float,
    patience_s: float = 20.0,
    timeout_s: float = 0.0,
    own: OwnFaults = NO_FAULTS,
    *,
    sent: bool = True,
) -> Records:
    """Wait for a scrape that began after `since` (Unix seconds) and compare it with `exposition`; never raises.

    Where the service was not `sent` any requests, its last scrape is compared, and only what is missing there makes
    the next one worth waiting for. The service's targets are those that scrape `url`; where there are none (Prometheus
    may know it by another name), those of `job`. Targets with a shorter timeout than `timeout_s` are waited for to be
    replaced.
    """
    try:
        first = since if sent else since - RECENT_S
        targets = await _targets(prometheus, url, job, first, patience_s, timeout_s)
        judged = await _judged(prometheus, url, job, exposition, targets, first, own.unsteady)
        if not sent and judged.exposed and judged.stored is not None and not judged.exposed <= judged.stored:
            targets = await _targets(prometheus, url, job, since, patience_s, timeout_s)
            judged = await _judged(prometheus, url, job, exposition, targets, since, own.unsteady)
        fault = known_fault(exposition, targets, own.reasons)
        return {ScrapeTarget: [replace(judged, known_fault=fault, observed_s=patience_s)]}
    except PrometheusError as silent:
        return {ScrapeTarget: unanswered(f"Prometheus does not answer: {silent}", "prometheus", silent)}


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

    def late(targets: Sequence[Target]) -> list[Target]:
        """Those that were not scraped since the traffic, and are not down."""
        return [target for target in targets if target.last_scrape <= since and target.health != "down"]

    try:
        found = await aeventually(read_new, bool, min(DISCOVERY_S, patience_s), describe=f"a target for {url}")
        wait_s = min(patience_s, max(SCRAPES * target.interval_seconds + target.timeout_seconds for target in found))
        with suppress(TimeoutError):
            return await aeventually(read, settled, wait_s, describe=url)
        longer_s = max((one.interval_seconds + one.timeout_seconds for one in late(await read())), default=0.0)
        return await aeventually(read, lambda now: not late(now), min(longer_s, LONGEST_S) - wait_s, describe=url)
    except TimeoutError:
        return await read()


def cut_short(targets: Sequence[Target], timeout_s: float) -> bool:
    """Whether Prometheus gave up on a scrape earlier than the service's own timeout."""
    return any("deadline exceeded" in target.last_error and target.timeout_seconds < timeout_s for target in targets)


def known_fault(
    exposition: Exposition | None, targets: tuple[Target, ...], reasons: Mapping[str, str] = NO_FAULTS.reasons
) -> str | None:
    """Why the failed scrape is explained by the service itself: its answer cannot be scraped by any client."""
    errors = [target.last_error for target in targets if target.last_error]
    if exposition is None:
        return "the metrics endpoint gave this suite no metrics either"
    for part, reason in reasons.items():
        if any(part in error for error in errors):
            return reason
    if not all(map(by_the_answer, errors)):
        return None
    if exposition.content_type is None and any("Content-Type" in error for error in errors):
        return "the answer has a Content-Type that Prometheus 3 refuses"
    return "the exposition itself breaks the format" if REFUSED & exposition.fault_counts.keys() else None


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
        if here.netloc in target.scrape_url  # of 500 services 500 targets are looked at, again and again
        and (there := urlsplit(target.scrape_url)).netloc == here.netloc
        and there.path == here.path
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
    unsteady: frozenset[str],
) -> ScrapeTarget:
    up = [target for target in targets if target.health == "up"]
    if len(targets) != 1 or not up:
        return ScrapeTarget(job, targets, url, not_compared="the service is not one target that is up")
    target, honored = up[0], tuple[str, ...]()
    selector = _selector(target)
    counted = await prometheus.query(f'{{__name__=~"{"|".join(COUNTS)}",{selector[1:]}')
    counts = {sample.labels["__name__"]: int(sample.value) for sample in counted}
    alone = len(counted) == len(counts) == len(COUNTS)
    scraped_count, kept = map(counts.__getitem__, COUNTS) if alone else (None, None)
    exposed, stored, why, alike = await _compared(prometheus, url, exposition, target, selector, since)
    gap = why is not None and exposition is not None and exposition.series_count > 0
    if exposed and stored is not None and exposition is not None and not exposed <= stored:
        if (REFUSED | ILL_TIMED) & exposition.fault_counts.keys():
            exposed, stored, why = None, None, "the exposition itself breaks the format, which other rules report"
        else:
            exposed = frozenset(series for series in exposed if series[0] not in unsteady)
            if not exposed:
                why, gap = "all series differ between scrapes, see `metrics/concurrent-scrapes-agree`", True
            honored = await _honored(prometheus, exposition, target, since)
    judged = ScrapeTarget(job, targets, url, scraped_count, kept, exposed, stored, why, gap)
    return replace(judged, timed=_timed(exposition), honored=honored, compared=alike)


async def _honored(
    prometheus: PrometheusClient, exposition: Exposition, target: Target, since: float
) -> tuple[str, ...]:
    """The labels of a series that is stored with the service's own in place of the target's, empty where none is."""
    identity = {**dict(target.labels), "job": target.job, "instance": target.instance}
    for sample in exposition.samples():
        own = {name: value for name, value in sample.labels if value}
        clashing = tuple(sorted(name for name in own.keys() & identity.keys() if own[name] != identity[name]))
        if clashing:
            labels = {**identity, "__name__": sample.name, **own}
            found = await prometheus.series(_selecting(labels), since, time.time() + AHEAD_S)
            # One series tells: `honor_labels` is set for a whole job.
            return clashing if found else ()
    return ()


def _timed(exposition: Exposition | None) -> bool:
    return exposition is not None and any(sample.timestamp is not None for sample in exposition.samples())


def _selector(target: Target) -> str:
    """Selects the series of a target."""
    return _selecting({**dict(target.labels), "job": target.job, "instance": target.instance})


def _selecting(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{_quoted(name)}={json.dumps(value)}" for name, value in labels.items()) + "}"


async def stored_falls(
    prometheus: PrometheusClient, target: Target, counters: Collection[str], window_s: float
) -> tuple[Fall, ...]:
    """The counters that fell in what Prometheus stored of a target, unless its process was restarted.

    `counters` are names of samples, `window_s` is how long Prometheus observes the service, in seconds.
    """
    selector, window = _selector(target), f"[{math.ceil(window_s)}s]"
    if any(each.value for each in await prometheus.query(f"changes(process_start_time_seconds{selector}{window})")):
        return ()
    own = frozenset({COUNTER, "job", "instance", *(name for name, _ in target.labels)})
    found = list[Fall]()
    # The function drops the name of the metric, so each is asked for by itself, and its name is put back.
    parts = [
        f"label_replace(resets({{__name__={json.dumps(name)},{selector[1:]}{window}) > 0,"
        f'"{COUNTER}",{json.dumps(name)},"","")'
        for name in sorted(counters)
    ]
    for start in range(0, len(parts), AT_ONCE):
        for each in await prometheus.query(" or ".join(parts[start : start + AT_ONCE])):
            series = notation(series_key(each.labels[COUNTER], each.labels.items(), own))
            times = f"{each.value:g} times" if each.value > 1 else "once"
            found.append(Fall(series, 0, 0, f"{times} in what Prometheus stored"))
    return tuple(found)


async def _compared(
    prometheus: PrometheusClient, url: str, exposition: Exposition | None, target: Target, selector: str, since: float
) -> tuple[frozenset[SeriesKey] | None, frozenset[SeriesKey] | None, str | None, int | None]:
    """The series that are exposed and stored, or why neither is known; where all are stored, how many, and the rest."""
    if exposition is None:
        return None, None, "there is no exposition to compare with", None
    if not exposition.series_count:
        return None, None, "the exposition has no sample", None
    if exposition.series_count > COMPARED_SERIES:
        return None, None, f"{exposition.series_count} series are too many to be read back", None
    if target.last_scrape <= since:
        every = f"every {target.interval_seconds:g} s"
        return (
            None,
            None,
            f"Prometheus scrapes the service {every}, and has not in the {LONGEST_S:g} s after this run did",
            None,
        )
    own = frozenset(name for name, _ in target.labels)
    # First what must be waited for: hundreds of services wait here, and each of these sets is megabytes.
    stored = await _stored(prometheus, selector, own, target.last_scrape - 0.001)
    exposed = exposed_series(exposition, own)
    timed = [sample for sample in exposition.samples() if sample.timestamp is not None]
    ahead = time.time() + AHEAD_S  # what is later is refused, and reported by `no-future-timestamps`
    exposed -= {exposed_as(sample, own) for sample in timed if sample.timestamp and sample.timestamp > ahead}
    if not exposed:
        return None, None, "all series carry times that Prometheus refuses, see `metrics/no-future-timestamps`", None
    if timed:  # Prometheus stores these under their own times, which may lie before the scrape
        earliest = min(sample.timestamp for sample in timed if sample.timestamp is not None)
        keys = frozenset(exposed_as(sample, own) for sample in timed)
        stored |= keys & await _stored(prometheus, selector, own, earliest - 1)
    if exposed <= stored:  # the usual case, for which one look at thousands of series is enough
        more = stored - exposed if len(stored) > len(exposed) else frozenset()
        return frozenset(), more, None, len(exposed)
    again = (await before(url)).exposition  # what ended before Prometheus came to scrape is not missing
    exposed = exposed & exposed_series(again, own) if again is not None else exposed
    if not exposed <= stored:

        async def read() -> frozenset[SeriesKey]:
            return stored | await _stored(prometheus, selector, own, target.last_scrape - 0.001)

        with suppress(TimeoutError):
            stored = await aeventually(read, exposed.issubset, COMMIT_S, describe=f"all series of {url}")
    return exposed, stored, None, None


async def _stored(
    prometheus: PrometheusClient, selector: str, own: frozenset[str], since: float
) -> frozenset[SeriesKey]:
    """The series that have samples since a Unix time, without the target's own labels."""
    return stored_series(await prometheus.series(selector, since, time.time() + 3600), own)


def _quoted(name: str) -> str:
    return name if name.isascii() and name.isidentifier() else json.dumps(name, ensure_ascii=False)
