"""The running components, asked once: releases, clocks, sockets, checkers, settings, targets, log streams, state."""

import asyncio
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from fixtures.service import ANY, Service
from stack.backends.base import agent_of
from stack.clients.log_reader import LogReader, LogStoreError
from stack.clients.loki import LokiClient
from stack.components import COMPONENTS
from stack.records.config.effective import ConfigCheck, EffectiveConfig
from stack.records.config.release import RunningRelease
from stack.records.live.catalog import CatalogStreams, RunningJobs
from stack.records.live.components import ClockSkew, ComponentState, ComponentTargets, Listeners
from suites.components.collect.checkers import check_all
from suites.components.collect.component import alertmanager_config, clock, listeners, release
from suites.components.collect.prometheus import Found, targets_and_jobs
from suites.core.area import RunContext, StackCollector
from suites.core.evidence import Kind, NotEvaluated
from suites.core.inspected_stack import NO_FILES, InspectedStack
from suites.core.running_service import RunningService


class ComponentsCollector(StackCollector):
    """Collects what every component of the running stack says about itself, and what Prometheus and Loki say of it."""

    records = (
        *(ClockSkew, Listeners, RunningRelease, ConfigCheck, EffectiveConfig),
        *(ComponentTargets, RunningJobs, CatalogStreams, ComponentState),
    )

    async def started(self, stack: InspectedStack) -> None:
        """Ask what needs no service."""
        self._keep(await first(stack, self.run.today))

    async def observed(self, stack: InspectedStack) -> None:
        """Ask Prometheus for targets and jobs, and the log store for streams."""
        jobs, logging = expected(self.run)
        self._keep(await targets_and_jobs(stack, jobs))
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
        if state is None and self.run.attached:
            return NotEvaluated(f"the target file names no `{name}`", applies=False)
        if state is None:
            return NotEvaluated(f"this backend does not run {name}")
        return NotEvaluated(f"{name}: {state.problem}") if state.provenance == "absent" else [state]

    def _keep(self, found: Found) -> None:
        for name, records in found.items():
            self.run.store.put(name, records, "live")


async def first(stack: InspectedStack, today: date) -> Found:
    """Collect what needs no service: releases, sockets, clocks, checkers, Alertmanager's configuration."""
    names = list(COMPONENTS)
    clocks, checks, alertmanager, sockets = await asyncio.gather(
        asyncio.gather(*(clock(stack, name) for name in names)),
        _checks(stack.config_dir),
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
    """The Prometheus jobs that must exist, and the values of the label `service` that must have log streams."""
    if run.attached:
        jobs = [service.metrics.job for service in run.listed]
        logging = [service for service in run.listed if _logs(service)]
    else:
        jobs = [one.service.metrics.job for one in run.services if one.address and not one.unscraped]
        logging = [one.service for one in run.services if _logs(one.service) and _wrote(one)]
    return tuple(dict.fromkeys(jobs)), tuple(dict.fromkeys(map(_label, logging)))


def _logs(service: Service) -> bool:
    return service.logs is not None and service.logs.format != "none"


def _wrote(running: RunningService) -> bool:
    """Whether a line was written at all; that there is none is reported by the service's own rules."""
    return any(path.is_file() and path.stat().st_size for path in running.log_files)


def _label(service: Service) -> str:
    label = (service.logs.labels if service.logs else {}).get("service", ANY)
    return service.name if label == ANY else label


async def _checks(config_dir: Path | None) -> dict[str, Any]:
    if config_dir is None:
        return dict.fromkeys(ConfigCheck.judged_components, NO_FILES)
    return dict(await check_all(config_dir))


async def log_streams(stack: InspectedStack, logging: tuple[str, ...]) -> Sequence[CatalogStreams] | NotEvaluated:
    """Which of the services in `logging` have a log stream in the store."""
    if not logging:
        return NotEvaluated("no service of this run logs", applies=False)
    reader: LogReader | None = stack.stack.embedded_logs
    if reader is None:
        endpoint = stack.endpoint("loki")
        if isinstance(endpoint, NotEvaluated):
            return endpoint
        agent = stack.missing(agent_of(stack.stack.components))
        if agent and agent.applies:
            return agent
        reader = LokiClient(endpoint, stack.http)
    now = time.time()
    try:
        streams = await reader.series(['{service=~".+"}'], int((now - 3600) * 1e9), int((now + 600) * 1e9))
    except LogStoreError as silent:
        return NotEvaluated(f"the log store does not answer: {silent}")
    return [CatalogStreams(logging, tuple(sorted({dict(stream).get("service", "") for stream in streams})))]
