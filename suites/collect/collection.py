"""The experiment of a run: starts stack and services, provokes telemetry once, and lets every area collect evidence.

Everything here happens once and side by side; the rules judge the records later, when nothing runs any more.
"""

import asyncio
import shutil
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from stack.backends.base import RunningStack
from stack.backends.supervisor import supervisor
from stack.clients.sign_in import async_client
from stack.components import AGENTS
from stack.records.live.components import ComponentState
from suites.collect.backend_choice import choose, runner
from suites.collect.chain import NEEDED, Telemetry, chain, telemetry
from suites.collect.collected import Collected
from suites.collect.run_info import write_run_info
from suites.collect.runners.base import RunnerPlan, ServiceRunner, StackRefusedError
from suites.core.area import Area, RunContext, ServiceCollector, StackCollector, Traffic
from suites.core.discovery import areas, in_area
from suites.core.evidence import CollectionError, EvidenceStore
from suites.core.inspected_stack import InspectedStack
from suites.core.rule import Rule
from suites.core.running_service import RunningService
from suites.run.interruption import interruption
from suites.run.settings import ROOT, STACK, Settings

THREADS = 64
MANY = 100
"""With more services than this, no more are observed at once, and the evidence of each is on disk once it is there."""

Wanted = Collection[tuple[Rule, str]]
"""The rules that will judge, each with the name of its subject."""


def collect(settings: Settings, store: EvidenceStore, wanted: Wanted, say: Callable[[str], None]) -> None:
    """Collect the evidence that the `wanted` rules need, and describe the run in `run.json`.

    Raises:
        StackRefusedError: the stack cannot be run as asked.

    """
    begun = time.monotonic()
    chosen = [area for area in areas().values() if any(rule.area == area.name for rule, _ in wanted)]
    names = {subject for rule, subject in wanted if areas()[rule.area].service}
    # Of services that run elsewhere and get no traffic, nothing changes by being looked at.
    every = any(area.needs_all_services for area in chosen) and (not settings.target or settings.target.provoke)
    services = [service for service in settings.services if every or service.name in names]
    records = frozenset(rule.record for rule, _ in wanted)
    if settings.target and settings.shard:  # the first one judges panels and alerts; each tells which use its data
        records |= NEEDED
    collectors = [
        area.stack
        for area in areas().values()
        # Of a user's folder the same records may be judged, and no stack is theirs.
        if area.stack is not None and not settings.folders and records & set(area.stack.records)
    ]
    collected = Collected()
    if services or collectors:
        collection = _Collection(settings, store, records, collected, say)
        try:
            asyncio.run(collection.run(services, collectors))
        except StackRefusedError:
            raise
        except asyncio.CancelledError:
            raise KeyboardInterrupt(interruption.reason) from None
        except Exception as broken:  # noqa: BLE001  # what was seen until then is judged; the rest are errors of the suite
            store.broke(CollectionError(f"collecting broke: {describe_error(broken)}"))
    collected.seconds = time.monotonic() - begun
    write_run_info(settings.folder, settings.started, collected)
    say(f"evidence collected in {collected.seconds:.1f} s")


class _Collection:
    """One collection on the backend that was asked for."""

    def __init__(
        self,
        settings: Settings,
        store: EvidenceStore,
        records: frozenset[type],
        collected: Collected,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._store = store
        self._records = records
        self._collected = collected
        self._say = say
        self._work_dir = settings.folder / "work"
        self._runner: ServiceRunner | None = None
        self._targets_change = asyncio.Lock()
        self._telemetry: dict[str, Telemetry] = {}
        # What is started is started at once, so that requests to it do not come one after the other.
        self._at_once = asyncio.Semaphore(MANY if settings.target else len(settings.services) + 1)

    async def run(self, services: Sequence[Any], collectors: Sequence[type[StackCollector]]) -> None:
        """Start everything, collect from every service and from the stack, stop everything; also when cancelled."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101  # a coroutine that runs is a task's
        with interruption.cancelling(lambda: loop.call_soon_threadsafe(task.cancel)):
            await self._run(services, collectors)

    async def _run(self, services: Sequence[Any], collectors: Sequence[type[StackCollector]]) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS, "collection"))
        starting: asyncio.Future[RunningStack] = loop.create_future()
        collected, settings = self._collected, self._settings
        collected.backend = choose(settings.stack, self._say)
        # Nothing runs yet where the choice of a backend fails, so only from here on is there something to stop.
        runs = self._runner = runner(collected.backend, self._plan(), settings.target)
        collected.services = [runs.prepare(service) for service in services]
        doing = "attaching to" if settings.target else "starting"
        self._say(f"{doing} the stack and {len(services)} services")
        stack_task = asyncio.create_task(asyncio.to_thread(runs.start_stack, collected.services))
        under_way: list[asyncio.Task[Any]] = [stack_task]
        try:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
            known, per_second = (settings.target.signed, settings.target.per_second) if settings.target else ({}, 0.0)
            async with async_client(known, limits, per_second) as http:
                context = self._context(http, starting)
                stack_collectors = [collector(context) for collector in collectors]
                beside = asyncio.create_task(self._beside(stack_collectors, starting))
                tasks = self._service_tasks(context, starting)
                under_way += [beside, *tasks]
                try:
                    stack = await asyncio.shield(stack_task)  # Ctrl-C must not lose what is being started
                except Exception as broken:
                    starting.set_exception(broken)
                    starting.exception()  # where nothing waits for it, asyncio would print it as never retrieved
                    raise
                starting.set_result(stack)
                self._report_components(stack)
                await self._collect(stack, context, stack_collectors, tasks, under_way)
            await asyncio.to_thread(self._stop)
            await beside
        except asyncio.CancelledError:
            supervisor().end()
            raise
        finally:
            for task in under_way[1:]:
                task.cancel()
            # What is being started must be there before it can be stopped, also by threads of cancelled tasks.
            await asyncio.gather(*under_way, return_exceptions=True)
            await loop.shutdown_default_executor()
            self._stop()

    def _plan(self) -> RunnerPlan:
        return RunnerPlan(self._work_dir, STACK, self._settings.components, self._say)

    def _context(self, http: httpx.AsyncClient, starting: asyncio.Future[RunningStack]) -> RunContext:
        settings = self._settings
        return RunContext(
            store=self._store,
            http=http,
            today=settings.today,
            work_dir=settings.folder,
            shipped=STACK,
            # The files that the stack was started from; of an attached stack only its owner knows them.
            config_dir=settings.target.files if settings.target else STACK,
            records=self._records,
            listed=settings.listed,
            services=self._collected.services,
            stack=starting,
            measures=self._collected.measures,
            pictures=self._collected.pictures,
            timelines=self._collected.timelines,
            say=self._say,
            log_root=None if settings.target else self._plan().log_root,
            target=settings.target,
            chosen_only=settings.chosen_only,
            no_retention_trial=settings.no_retention_trial,
            own_timeout=self._own_timeout,
            agent=next((name for name in settings.components if name in AGENTS), AGENTS[0]),
            elsewhere=self._elsewhere(),
        )

    def _elsewhere(self) -> tuple[str, ...]:
        """Where the services of an attached stack answer, also those that this run does not look at."""
        if self._runner is None or self._settings.target is None:
            return ()
        prepared = map(self._runner.prepare, self._settings.services)
        return tuple(one.address for one in prepared if one.address)

    async def _own_timeout(self, running: RunningService) -> bool:
        async with self._targets_change:
            return self._runner is not None and await asyncio.to_thread(self._runner.own_timeout, running)

    async def _beside(self, collectors: Sequence[StackCollector], starting: asyncio.Future[RunningStack]) -> None:
        """Collect what needs no stack; where the stack may be refused, only once it is known not to be."""
        if self._runner is not None and self._runner.stack_first:
            await asyncio.wait([starting])
            if starting.exception() is not None:
                return
        await asyncio.gather(*(collector.beside() for collector in collectors))

    def _service_tasks(self, context: RunContext, starting: asyncio.Future[RunningStack]) -> list[asyncio.Task[None]]:
        makers = [(area, area.service(context)) for area in areas().values() if area.service is not None]
        return [
            asyncio.create_task(self._serve(context, running, makers, starting), name=running.service.name)
            for running in self._collected.services
        ]

    async def _serve(
        self,
        context: RunContext,
        running: RunningService,
        makers: Sequence[tuple[Area, Callable[[RunningService], Any]]],
        starting: asyncio.Future[RunningStack],
    ) -> None:
        """Start one service and collect from it; whatever breaks here is reported as the suite's own error."""
        runs = self._runner
        assert runs is not None  # noqa: S101  # made before any task
        if runs.needs_stack(running):
            await asyncio.wait([starting])
            if starting.exception() is not None:
                return  # whatever waits for the stack reports why
        try:
            await asyncio.to_thread(runs.start_service, running)
            async with self._at_once:
                await _observe(context, running, [make(running) for _, make in makers])
        except Exception as broken:  # noqa: BLE001  # one service's trouble must not cost the others their verdicts
            types = {rule.record for area, _ in makers for rule in in_area(area.name)}
            error = CollectionError(f"collecting broke: {describe_error(broken)}")
            self._store.put_missing(running.service.name, types, error)
        if self._many:
            self._telemetry[running.service.name] = telemetry(self._store, running.service.name)
            self._store.stow(running.service.name)

    async def _collect(
        self,
        stack: RunningStack,
        context: RunContext,
        collectors: Sequence[StackCollector],
        tasks: Sequence[asyncio.Task[None]],
        under_way: list[asyncio.Task[Any]],
    ) -> None:
        inspect = partial(_inspected, stack, context)
        await asyncio.to_thread(stack.settle)
        first = await inspect()
        started = [asyncio.create_task(collector.started(first)) for collector in collectors]
        under_way += started
        await self._finish(tasks)
        second = await inspect()

        async def observe(collector: StackCollector, begun: asyncio.Task[None]) -> None:
            await begun  # its own, not those of the others
            await collector.observed(second)

        await asyncio.gather(*map(observe, collectors, started))
        self._collected.components = await asyncio.to_thread(component_states, stack)
        states = [state for state, _ in self._collected.components]
        for state in states:  # what is down is known also where no component is judged
            if state.provenance != "absent":
                self._store.put(state.name, {ComponentState: [state]}, "live")
        await asyncio.gather(*(collector.closing(states) for collector in collectors))
        for name in (running.service.name for running in self._collected.services):
            measures = self._collected.measures.setdefault(name, {})
            of = self._telemetry[name] if name in self._telemetry else telemetry(self._store, name)
            measures["chain"] = chain(of, self._store, measures)

    @property
    def _many(self) -> bool:
        return len(self._collected.services) > MANY

    async def _finish(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        left = set(tasks)
        while left:
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
                self._say(f"{task.get_name()} observed, {len(left)} of {len(tasks)} services left")

    def _report_components(self, stack: RunningStack) -> None:
        for component in stack.components.values():
            if component.provenance != "absent":
                self._say(f"  {component.name} {component.version or ''} {component.provenance}")

    def _stop(self) -> None:
        if self._runner is not None:
            self._runner.stop(self._collected.services)
        shutil.rmtree(self._work_dir, ignore_errors=True)


async def _observe(context: RunContext, running: RunningService, collectors: Sequence[ServiceCollector]) -> None:
    if running.base_url is None:
        await asyncio.gather(*(collector.not_running() for collector in collectors))
        return
    await asyncio.gather(*(collector.before_traffic() for collector in collectors))
    traffic: Traffic = await context.provoke(running)
    await asyncio.gather(*(collector.after_traffic(traffic) for collector in collectors))


async def _inspected(stack: RunningStack, context: RunContext) -> InspectedStack:
    health = await asyncio.to_thread(stack.health)
    by_job = context.target.jobs if context.target else ()
    return InspectedStack(stack, context.http, context.config_dir, health, by_job)


def component_states(stack: RunningStack) -> list[tuple[ComponentState, str]]:
    """The state of every component now, each with the detail that the backend gave; an absent one has it as problem."""
    health = stack.health()
    return [
        (
            ComponentState(
                component.name,
                component.provenance,
                component.version,
                component.endpoint,
                component.detail if component.provenance == "absent" else health.get(component.name),
            ),
            component.detail,
        )
        for component in stack.components.values()
    ]


def describe_error(broken: BaseException) -> str:
    """Describe an unexpected exception in one line, with the last place in our own code that it came through."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(broken.__traceback__)]
    ours = [(file.relative_to(ROOT), line) for file, line in frames if file.is_relative_to(ROOT)]
    place = next((f" ({file}:{line})" for file, line in reversed(ours) if "site-packages" not in file.parts), "")
    return f"{type(broken).__name__}: {broken}{place}"
