"""The running components, asked once: releases, clocks, sockets, checkers, settings, targets, log streams, state."""

import asyncio
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from fixtures.service import ANY, Service
from stack.backends.attached.backend import BEHIND, at_fault
from stack.backends.attached.target_file import TargetFile
from stack.backends.base import agent_of
from stack.clients.log_reader import LogReader, LogStoreError
from stack.clients.loki import LokiClient
from stack.components import COMPONENTS
from stack.records.config.effective import ConfigCheck, EffectiveConfig
from stack.records.config.loki import LokiConfig
from stack.records.config.prometheus import PrometheusConfig
from stack.records.config.release import RunningRelease
from stack.records.live.catalog import CatalogStreams, OtherTargets, RunningJobs
from stack.records.live.components import ClockSkew, ComponentState, ComponentTargets, Listeners
from stack.records.live.discovery import DeclaredServices, DiscoveredServices
from stack.records.live.own_metrics import OwnMetrics
from stack.records.logs.entry import show_labels
from suites.components.collect.checkers import check_all
from suites.components.collect.component import alertmanager_config, clock, listeners, release
from suites.components.collect.discovery import discovered
from suites.components.collect.own_metrics import own_metrics
from suites.components.collect.prometheus import Found, targets_and_jobs
from suites.components.collect.running_config import running_configs
from suites.core.area import RunContext, StackCollector
from suites.core.evidence import Kind, NotEvaluated
from suites.core.health import unanswered
from suites.core.inspected_stack import InspectedStack
from suites.core.running_service import RunningService, stream_labels
from suites.core.stack_files import NO_FILES


class ComponentsCollector(StackCollector):
    """Collects what every component of the running stack says about itself, and what Prometheus and Loki say of it."""

    records = (
        *(ClockSkew, Listeners, RunningRelease, ConfigCheck, EffectiveConfig),
        OwnMetrics,
        *(LokiConfig, PrometheusConfig),  # of an attached stack: of ours the files are judged
        *(DiscoveredServices, DeclaredServices),
        *(ComponentTargets, RunningJobs, OtherTargets, CatalogStreams, ComponentState),
    )

    async def started(self, stack: InspectedStack) -> None:
        """Ask what needs no service."""
        self._keep(await first(stack, self.run.today, attached=self.run.attached))
        self._keep(await discovered(self.run.target, self.run.listed, stack.http))
        if self.run.target is not None:
            self._keep(await running_configs(stack, self.run.target.promise))

    async def observed(self, stack: InspectedStack) -> None:
        """Ask Prometheus for targets and jobs, and the log store for streams."""
        jobs, logging = expected(self.run)
        addresses = {*self.run.elsewhere, *(one.address for one in self.run.services if one.address)}
        self._keep(await targets_and_jobs(stack, jobs, addresses, self.run.target, self.run.today))
        self._keep(await own_metrics(stack, self.run.target.window_s if self.run.target else TargetFile.window_s))
        kind: Kind = "simulated" if stack.stack.embedded_logs is not None else "live"
        self.run.store.put("loki", {CatalogStreams: await log_streams(stack, logging)}, kind)

    async def closing(self, states: Sequence[ComponentState]) -> None:
        """Keep the state of every component."""
        by_name = {state.name: state for state in states}
        for name in COMPONENTS:
            state = by_name.get(name)
            kind: Kind = "simulated" if state and state.provenance == "embedded" else "live"
            self.run.store.put(name, {ComponentState: self._state(name, state)}, kind)

    def _state(self, name: str, state: ComponentState | None) -> list[ComponentState] | NotEvaluated:
        if state is None and self.run.target and name in self.run.target.jobs:
            reason = f"the target file names no URL of {name}: whether it is up is told by its job in Prometheus"
            return NotEvaluated(reason, applies=False)
        if state is None and self.run.attached:
            return NotEvaluated(f"the target file names no `{name}`", applies=False)
        if state is None:
            return NotEvaluated(f"this backend does not run {name}")
        if state.problem and state.problem.startswith(BEHIND):
            return NotEvaluated(f"because {state.problem}", because_of=at_fault(name, state.problem))
        return NotEvaluated(f"{name}: {state.problem}") if state.provenance == "absent" else [state]

    def _keep(self, found: Found) -> None:
        for name, records in found.items():
            self.run.store.put(name, records, "live")


async def first(stack: InspectedStack, today: date, *, attached: bool = False) -> Found:
    """Collect what needs no service: releases, sockets, clocks, checkers, Alertmanager's configuration."""
    names = list(COMPONENTS)
    clocks, checks, alertmanager, sockets = await asyncio.gather(
        asyncio.gather(*(clock(stack, name) for name in names)),
        _checks(stack.config_dir, attached=attached),
        alertmanager_config(stack),
        asyncio.gather(*(asyncio.to_thread(listeners, stack, name) for name in names)),
    )
    found: Found = {}
    for name, one_clock, ports in zip(names, clocks, sockets, strict=True):
        found[name] = {ClockSkew: one_clock, Listeners: ports, RunningRelease: release(stack, name, today)}
    for name, check in checks.items():
        found[name][ConfigCheck] = check
    found["alertmanager"][EffectiveConfig] = alertmanager
    return found


def expected(run: RunContext) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The Prometheus jobs that must exist, and the selectors of the streams that services which log must have."""
    if run.target is not None:
        jobs = [service.metrics.job for service in run.listed if service.metrics.exposed]
        labels = [stream_labels(service, run.target) for service in run.listed if _logs(service)]
    else:
        jobs = [one.service.metrics.job for one in run.services if one.address and not one.unscraped]
        labels = [{"service": _label(one.service)} for one in run.services if _logs(one.service) and _wrote(one)]
    return tuple(dict.fromkeys(jobs)), tuple(dict.fromkeys(show_labels(tuple(sorted(one.items()))) for one in labels))


def _logs(service: Service) -> bool:
    return service.logs is not None and service.logs.format != "none"


def _wrote(running: RunningService) -> bool:
    """Whether a line was written at all; that there is none is reported by the service's own rules."""
    return any(path.is_file() and path.stat().st_size for path in running.log_files)


def _label(service: Service) -> str:
    label = (service.logs.labels if service.logs else {}).get("service", ANY)
    return service.name if label == ANY else label


async def _checks(config_dir: Path | None, *, attached: bool) -> dict[str, Any]:
    if config_dir is None:
        return dict.fromkeys(ConfigCheck.judged_components, NO_FILES)
    return dict(await check_all(config_dir, attached=attached))


async def log_streams(stack: InspectedStack, logging: tuple[str, ...]) -> Sequence[CatalogStreams] | NotEvaluated:
    """Which of the selectors in `logging` have a log stream in the store."""
    if not logging:
        return NotEvaluated("no service of this run logs", applies=False)
    reader: LogReader | None = stack.stack.embedded_logs
    if reader is None:
        endpoint = stack.endpoint("loki")
        if isinstance(endpoint, NotEvaluated):
            return endpoint
        agent = stack.missing(agent_of(stack.stack.components))
        # What a live Loki holds can be read whatever becomes of an agent.
        if agent and agent.applies and stack.stack.components["loki"].provenance != "attached":
            return agent
        reader = LokiClient(endpoint, stack.http)
    now = time.time()
    try:
        around = int((now - 3600) * 1e9), int((now + 600) * 1e9)
        found = await asyncio.gather(*(reader.series([selector], *around) for selector in logging))
    except LogStoreError as silent:
        return unanswered(f"the log store does not answer: {silent}", "loki", silent)
    return [CatalogStreams(logging, tuple(selector for selector, one in zip(logging, found, strict=True) if one))]
