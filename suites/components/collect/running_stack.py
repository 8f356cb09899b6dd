"""Looks at the running stack for one run: what is asked before, and what after the services were observed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from fixtures.service import ANY, Service
from stack.backends.base import RunningStack
from stack.clients.sign_in import SignIn
from stack.records.live.catalog import RunningJobs
from suites.collect.runners.local import LiveService
from suites.components.collect.running import first_look, keep, last_look
from suites.components.collect.running_components import LiveStack
from suites.core.evidence import NotEvaluated

if TYPE_CHECKING:
    from suites.run.settings import Run

SOME_SERVICES = "this run judges chosen services only, so the jobs of all others are not known; run without --service"


def sign_in(stack: RunningStack, http: httpx.AsyncClient) -> None:
    """Let a client send each component of somebody's stack the credentials that it asks for.

    The gateway is left out: it is tried as a stranger.
    """
    credentials = {
        component.endpoint: stack.credentials[name]
        for name, component in stack.components.items()
        if component.provenance == "attached" and component.endpoint and name != "gateway" and name in stack.credentials
    }
    if credentials:
        http.auth = SignIn(credentials)


class StackLook:
    """The looks of one run at its stack; the records go into the run's evidence store."""

    def __init__(self, run: Run, stack: RunningStack, http: httpx.AsyncClient, config_dir: Path | None) -> None:
        self._run = run
        self._stack = stack
        self._http = http
        self._config_dir = config_dir

    async def first(self) -> None:
        """Ask what needs no service."""
        live = await self._live((), ())
        keep(await first_look(live), self._run.store, live)

    async def last(self, services: Sequence[LiveService]) -> None:
        """Ask what rests on the services, once they were observed."""
        if self._run.target is not None:
            expected = [service for service in self._run.listed if _logs(service)]
            live = await self._live(tuple(service.metrics.job for service in self._run.listed), _names(expected))
        else:
            logged = [one.service for one in services if _logs(one.service) and _wrote(one)]
            jobs = tuple(one.service.metrics.job for one in services if one.address and not one.unscraped)
            live = await self._live(jobs, _names(logged))
        found = await last_look(live)
        if self._run.target is not None and self._run.config.getoption("--service-url"):
            found["prometheus"][RunningJobs] = NotEvaluated(SOME_SERVICES)
        keep(found, self._run.store, live)

    async def _live(self, jobs: tuple[str, ...], logging: tuple[str, ...]) -> LiveStack:
        health = await asyncio.to_thread(self._stack.health)
        jobs = tuple(dict.fromkeys(jobs))
        return LiveStack(self._stack, self._http, self._config_dir, self._run.today, health, jobs, logging)


def _logs(service: Service) -> bool:
    return service.logs is not None and service.logs.format != "none"


def _wrote(live: LiveService) -> bool:
    """Whether a line was written at all; that there is none is told by the service's own rules."""
    return any(path.is_file() and path.stat().st_size for path in live.log_files)


def _names(services: Sequence[Service]) -> tuple[str, ...]:
    """The services as their streams are labelled."""
    labels = [(service.logs.labels if service.logs else {}).get("service", ANY) for service in services]
    return tuple(
        dict.fromkeys(service.name if label == ANY else label for service, label in zip(services, labels, strict=True))
    )
