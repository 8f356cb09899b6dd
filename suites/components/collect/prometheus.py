"""What the running Prometheus says about the stack: the targets of its components, its jobs, and all other targets."""

import asyncio
import math
import time
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from stack.backends.attached.target_file import TargetFile
from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.components import COMPONENTS
from stack.eventually import eventually_or_last
from stack.records.config.release import RunningRelease
from stack.records.live.catalog import OtherTargets, RunningJobs
from stack.records.live.components import ComponentTargets
from stack.records.scrape.target import Target
from suites.core.evidence import NotEvaluated
from suites.core.health import unanswered
from suites.core.inspected_stack import InspectedStack
from suites.core.scraped_targets import SCRAPED_S, targets_by_job

Found = dict[str, dict[type, Any]]
"""Records, or why there are none, by component and type."""

ByJob = Mapping[str, tuple[Target, ...]]
SCRAPED = ComponentTargets.judged_components
COMMIT_S = 1.0
"""Prometheus reports a scrape as done shortly before what it found can be read."""


async def targets_and_jobs(
    stack: InspectedStack,
    expected_jobs: tuple[str, ...],
    addresses: Collection[str] = (),
    target: TargetFile | None = None,
    today: date | None = None,
) -> Found:
    """Ask for the targets of every component, and for all jobs; never raises for what Prometheus does.

    `addresses` (`host:port`) are those of the services that are judged; `target` describes an attached stack.
    """
    endpoint = stack.endpoint("prometheus")
    if isinstance(endpoint, NotEvaluated):
        return _everywhere(endpoint, target)
    prometheus = PrometheusClient(endpoint, stack.http)
    try:
        if target is None:
            owned, releases, by_job = await _of_the_run(stack, prometheus)
            untold: Collection[str] = ()
        else:
            owned, releases, by_job, untold = await _of_a_site(prometheus, target, stack, today)
    except PrometheusError as silent:
        return _everywhere(unanswered(f"Prometheus does not answer: {silent}", "prometheus", silent), target)
    known = target.other_jobs if target else COMPONENTS
    return _records(stack, owned, releases, by_job, expected_jobs, addresses, known, untold)


async def _of_the_run(
    stack: InspectedStack, prometheus: PrometheusClient
) -> tuple[dict[str, ComponentTargets], Found, ByJob]:
    """Every component of our own stack is scraped under its name."""
    scraped = [name for name in SCRAPED if stack.stack.endpoint(name)]
    by_job = await targets_by_job(prometheus, scraped)
    return {name: ComponentTargets(name, by_job.get(name, ()), name) for name in scraped}, {}, by_job


async def _of_a_site(
    prometheus: PrometheusClient, target: TargetFile, stack: InspectedStack, today: date | None
) -> tuple[dict[str, ComponentTargets], Found, ByJob, Collection[str]]:
    """A site's components by the job that its target file names, by address, or by the build that they expose.

    The last are the jobs of which no target has answered within a day, or yet: what they are cannot be told.
    """
    infos = {COMPONENTS[name].build_info: name for name in SCRAPED}
    by_job, runtime = await asyncio.gather(_scraped_once(prometheus), prometheus.runtime_info())
    answered = await _answered(prometheus, by_job)
    builds = await prometheus.query(f'last_over_time({{__name__=~"{"|".join(infos)}"}}[1d])')
    started = max(_unix(runtime.get(key)) for key in ("startTime", "lastConfigTime"))
    observed_s = time.time() - started if started else math.inf
    seen: dict[str, set[tuple[str, str]]] = {}
    releases: dict[str, dict[str, RunningRelease]] = {}
    for sample in builds:
        name = infos[sample.labels["__name__"]]
        seen.setdefault(name, set()).add((sample.labels.get("job", ""), sample.labels.get("instance", "")))
        version = sample.labels.get("version")
        if version and today:
            release = RunningRelease(name, version, "", today, "what Prometheus scraped")
            releases.setdefault(name, {})[version] = release
    owned: dict[str, ComponentTargets] = {}
    for name in SCRAPED:
        if name not in target.named and name not in seen:
            continue
        job, at = target.jobs.get(name, ""), (target.endpoints.get(name) or "").partition("://")[2].partition("/")[0]
        every = [one for found in by_job.values() for one in found]
        mine = by_job.get(job, ()) if job else tuple(one for one in every if _is(one, at, seen.get(name, set())))
        replicas = target.replicas.get(name, 1)
        owned[name] = ComponentTargets(name, mine, job, COMPONENTS[name].build_info, replicas, observed_s)
    found: Found = {
        name: {RunningRelease: list(known.values())}
        for name, known in releases.items()
        if name not in stack.stack.components or stack.stack.components[name].version is None
    }
    untold = [job for job in by_job if job not in answered]
    return owned, found, by_job, untold


async def _scraped_once(prometheus: PrometheusClient) -> ByJob:
    """The targets of a site by job, once each had its first scrape, but for those that are scraped more seldom."""

    async def read() -> ByJob:
        return await targets_by_job(prometheus, ())

    return await eventually_or_last(read, lambda found: not _due(found), SCRAPED_S, "every target was scraped")


def _due(by_job: ByJob) -> list[Target]:
    """The targets whose first scrape is still to come, but for those that are scraped seldom."""
    each = (one for targets in by_job.values() for one in targets)
    return [one for one in each if not one.last_scrape and one.interval_seconds <= SCRAPED_S]


async def _answered(prometheus: PrometheusClient, by_job: ByJob) -> Collection[str]:
    """The jobs of which a target has answered a scrape within a day, once what is up can be read."""
    up = {job for job, targets in by_job.items() if any(one.health == "up" for one in targets)}

    async def read() -> set[str]:
        return {one.labels.get("job", "") for one in await prometheus.query("max by (job) (max_over_time(up[1d])) > 0")}

    return await eventually_or_last(read, up.issubset, COMMIT_S, "every scrape can be read")


def _is(target: Target, address: str, exposed: Collection[tuple[str, str]]) -> bool:
    """Whether a target is scraped at this address, or is one that exposed the build of the component."""
    return target.at(address) or (target.job, target.instance) in exposed


def _records(
    stack: InspectedStack,
    owned: Mapping[str, ComponentTargets],
    releases: Found,
    by_job: ByJob,
    expected_jobs: tuple[str, ...],
    addresses: Collection[str],
    other_jobs: Collection[str],
    untold: Collection[str],
) -> Found:
    found: Found = {name: {**releases.get(name, {}), ComponentTargets: [targets]} for name, targets in owned.items()}
    of_components = tuple(dict.fromkeys(one.job for targets in owned.values() for one in targets.targets))
    known = (*of_components, *other_jobs)
    prometheus = found.setdefault("prometheus", {})
    jobs = tuple((job, targets[0].scrape_url) for job, targets in sorted(by_job.items()))
    prometheus[RunningJobs] = [RunningJobs(jobs, expected_jobs, known, tuple(untold))]
    judged = {one for targets in owned.values() for one in targets.targets}
    others = [
        one for found in by_job.values() for one in found if one not in judged and not any(map(one.at, addresses))
    ]
    observed_s = min((targets.observed_s for targets in owned.values()), default=math.inf)
    prometheus[OtherTargets] = [OtherTargets(tuple(others), observed_s)]
    waiting = [one.job for one in _due(by_job)]
    for name, targets in owned.items():
        if waiting and not targets.targets and not targets.job:
            # It is recognised by what it exposes, and may be one of those.
            reason = f"{len(waiting)} of Prometheus' targets were not scraped yet, such as one of job `{waiting[0]}`"
            found[name][ComponentTargets] = NotEvaluated(reason)
    for name in SCRAPED:
        # That a component is down is reported by its own readiness, not by its missing target as well.
        if (missing := stack.missing(name)) and (name not in owned or missing.applies):
            found.setdefault(name, {})[ComponentTargets] = missing
    return found


def _unix(text: object) -> float:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0


def _everywhere(why: NotEvaluated, target: TargetFile | None) -> Found:
    found: Found = {name: {ComponentTargets: why} for name in SCRAPED}
    # The release of a component without a URL is told by what Prometheus scraped of it.
    for name in target.jobs.keys() - target.endpoints.keys() if target else ():
        found.setdefault(name, {})[RunningRelease] = why
    found["prometheus"].update({RunningJobs: why, OtherTargets: why})
    return found
