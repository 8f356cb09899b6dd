"""What the running Prometheus says about the stack: its targets, its jobs, its rules, its Alertmanagers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from stack.backends.base import RunningStack
from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.components import COMPONENTS
from stack.eventually import aeventually
from stack.records.alerts.running import AlertmanagerDiscovery, LoadedRule, LoadedRules, RuleKey
from stack.records.live.catalog import RunningJobs
from stack.records.live.components import ComponentTargets
from stack.records.scrape.target import Target
from suites.components.collect.files import shown
from suites.core.evidence import NotEvaluated

Found = dict[str, dict[type, Any]]
"""Records, or why there are none, by component and type."""

T = TypeVar("T")

SCRAPED_S = 3.0
"""How long a component's first scrape is waited for; Prometheus spreads first scrapes over one interval."""
WIRED_S = 6.0
"""Prometheus takes over a changed discovery of Alertmanagers every 5 s."""


@dataclass(frozen=True)
class Asked:
    """What the answers are held against.

    `config_dir` is the folder `stack/`, None where the files are not known; `jobs` those of the services that this
    run expects; `no_alertmanager` says why Prometheus cannot have an Alertmanager.
    """

    config_dir: Path | None
    jobs: tuple[str, ...]
    no_alertmanager: NotEvaluated | None = None


async def ask_prometheus(prometheus: PrometheusClient, stack: RunningStack, asked: Asked) -> Found:
    """Ask for everything; never raises for what Prometheus does."""
    scraped = [name for name in ComponentTargets.judged_components if stack.endpoint(name)]
    # Rules come last: on series that are not there yet, an expression that will fail does not fail.
    by_job, link = await asyncio.gather(_kept(_targets(prometheus, scraped)), _kept(_link(prometheus, asked)))
    rules = await _kept(_rules(prometheus, asked))
    about: dict[type, Any] = {AlertmanagerDiscovery: link, LoadedRules: rules}
    if isinstance(by_job, NotEvaluated):
        return {"prometheus": {**about, RunningJobs: by_job}, **{name: {ComponentTargets: by_job} for name in scraped}}
    jobs = tuple((job, targets[0].scrape_url) for job, targets in sorted(by_job.items()))
    about[RunningJobs] = [RunningJobs(jobs, asked.jobs, tuple(COMPONENTS))]
    found: Found = {name: {ComponentTargets: [ComponentTargets(name, by_job.get(name, ()))]} for name in scraped}
    found.setdefault("prometheus", {}).update(about)
    return found


async def _kept(asking: Awaitable[Any]) -> Any:
    try:
        return await asking
    except PrometheusError as silent:
        return NotEvaluated(f"Prometheus does not answer: {silent}")


async def _targets(prometheus: PrometheusClient, scraped: Iterable[str]) -> Mapping[str, tuple[Target, ...]]:
    """All active targets by job, as soon as every component has been scraped once."""

    async def look() -> dict[str, tuple[Target, ...]]:
        jobs: dict[str, tuple[Target, ...]] = {}
        for target in await prometheus.targets():
            jobs[target.job] = (*jobs.get(target.job, ()), target)
        return jobs

    def all_scraped(jobs: Mapping[str, tuple[Target, ...]]) -> bool:
        return all(target.health != "unknown" for name in scraped for target in jobs.get(name, ()))

    return await _patient(look, all_scraped, SCRAPED_S)


async def _link(prometheus: PrometheusClient, asked: Asked) -> list[AlertmanagerDiscovery] | NotEvaluated:
    if asked.no_alertmanager:
        return asked.no_alertmanager
    active, dropped = await _patient(prometheus.alertmanagers, lambda found: bool(found[0]), WIRED_S)
    return [AlertmanagerDiscovery(active, dropped)]


async def _patient(look: Callable[[], Awaitable[T]], enough: Callable[[T], bool], timeout_s: float) -> T:
    """What was seen once it was enough, else what is seen at the end."""
    try:
        return await aeventually(look, enough, timeout_s, 0.05, 0.5, describe="Prometheus is settled")
    except TimeoutError:
        return await look()


async def _rules(prometheus: PrometheusClient, asked: Asked) -> list[LoadedRules] | NotEvaluated:
    try:
        files = rules_of_files(asked.config_dir) if asked.config_dir else ()
    except (OSError, ValueError, yaml.YAMLError) as broken:
        return NotEvaluated(f"the rule files cannot be read: {broken}")
    rules = [(group["name"], rule) for group in await prometheus.rules() for rule in group["rules"]]
    return [LoadedRules(tuple(await asyncio.gather(*(_rule(prometheus, *rule) for rule in rules))), files)]


async def _rule(prometheus: PrometheusClient, group: str, rule: Mapping[str, Any]) -> LoadedRule:
    """One rule; where its turn has not come yet, its expression is asked as a query."""
    if rule["health"] != "unknown":
        return LoadedRule(group, rule["name"], rule.get("lastError", "") if rule["health"] == "err" else "")
    try:
        await prometheus.query(rule["query"])
    except PrometheusError as refused:
        return LoadedRule(group, rule["name"], str(refused).partition("/api/v1/query: ")[2] or str(refused), False)
    return LoadedRule(group, rule["name"], evaluated=False)


def rules_of_files(config_dir: Path) -> tuple[tuple[str, RuleKey], ...]:
    """Every rule of the shipped rule files, as file and (group, name).

    Raises:
        OSError, ValueError, yaml.YAMLError: a file cannot be read, or holds no rules.

    """
    found: list[tuple[str, RuleKey]] = []
    for path in sorted((config_dir / "prometheus" / "rules").glob("*.yml")):
        name = shown(config_dir, f"prometheus/rules/{path.name}")
        try:
            groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
            found += [
                (name, (group["name"], rule.get("alert") or rule["record"]))
                for group in groups
                for rule in group["rules"]
            ]
        except (KeyError, TypeError, AttributeError) as malformed:
            raise ValueError(f"{name}: not a rule file: {malformed!r}") from None
    return tuple(found)
