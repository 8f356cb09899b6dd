"""The experiment of a run: starts the stack and the services, provokes telemetry once, and keeps what was seen.

Everything here happens once and side by side; the rules judge the records later, when nothing runs any more.
"""

from __future__ import annotations

import asyncio
import shutil
import time
import traceback
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from fixtures.service import Service
from stack.backends import backend_class
from stack.backends.attached.backend import AttachedBackend
from stack.backends.base import RunningStack, StackPlan
from stack.backends.containers.engine import EngineError
from stack.backends.ports import Ports
from stack.records.live.components import ComponentState
from suites.collect.backend_choice import choose
from suites.collect.observation import Observer
from suites.collect.run_info import write_run_info
from suites.collect.runners.attached import AttachedPad
from suites.collect.runners.local import Launchpad, LiveService
from suites.collect.static_files import STACK, put_static
from suites.collect.targets import scrape_targets
from suites.components.collect.running_stack import StackLook, sign_in
from suites.components.collect.states import keep_states
from suites.core.evidence import CollectionError
from suites.dashboards.collect.opened import look as open_dashboards
from suites.retention.collect.trials import hold_trial
from suites.retention.collect.trials import look as look_at_retention
from suites.run.options import ROOT

if TYPE_CHECKING:
    from suites.collect.runners.containers import ContainersPad
    from suites.run.settings import Run

    Pad = Launchpad | AttachedPad | ContainersPad

THREADS = 64


@dataclass
class Collected:
    """What a collection leaves beside the evidence: what the report tells about the run.

    `components` are paired with what the backend said about each: why this one, or why there is none.
    """

    services: list[LiveService] = field(default_factory=list)
    components: list[tuple[ComponentState, str]] = field(default_factory=list)
    measures: dict[str, dict[str, object]] = field(default_factory=dict)
    backend: str = "local"
    seconds: float = 0.0


def collect(run: Run, wanted: Collection[tuple[str, str]], say: Callable[[str], None]) -> None:
    """Collect the evidence that the `wanted` pairs of area and subject need, and describe the run in `run.json`.

    Raises:
        pytest.UsageError: the stack cannot be run as asked.

    """
    begun = time.monotonic()
    names = {subject for area, subject in wanted if area in ("metrics", "logs")}
    with_dashboards = any(area == "dashboards" for area, _ in wanted)
    # A dashboard shows all services, so it needs the data of all.
    services = [service for service in run.catalog.services if with_dashboards or service.name in names]
    collected = Collected()
    put_static(run.statics, run.store)
    areas = {area for area, _ in wanted}
    if services or areas & {"components", "gateway", "alerts", "dashboards", "retention"}:
        try:
            asyncio.run(_Collection(run, services, say, areas).run(collected))
        except pytest.UsageError:
            raise
        except Exception as broken:  # noqa: BLE001  # what was seen until then is judged; the rest are errors of the suite
            run.store.broke(CollectionError(f"collecting broke: {told(broken)}"))
    collected.seconds = time.monotonic() - begun
    if run.shared:  # of a million series, writing them takes as long as reading them
        run.store.save()
    write_run_info(run, collected)
    say(f"evidence collected in {collected.seconds:.1f} s")


class _Collection:
    """One collection on the backend that was asked for."""

    def __init__(self, run: Run, services: list[Service], say: Callable[[str], None], areas: set[str]) -> None:
        self.run_ = run
        self.services = services
        self.say = say
        self.areas = areas
        self.work_dir = run.folder / "work"
        self.ports = Ports()
        self.backend = choose(run.config.getoption("--stack"), say)
        # The files that the stack was started from; of somebody's stack only its owner can say.
        self.config_dir = run.target.files if run.target else STACK

    async def run(self, collected: Collected) -> None:
        """Start everything, observe every service, stop everything."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "collection"))
        starting: asyncio.Future[RunningStack] = asyncio.get_running_loop().create_future()
        pad = self._pad(starting)
        collected.backend = self.backend
        collected.services = [pad.prepare(service) for service in self.services]
        stack: RunningStack | None = None
        doing = "attaching to" if self.run_.target else "starting"
        self.say(f"{doing} the stack and {len(self.services)} services")
        stack_task = asyncio.create_task(asyncio.to_thread(self._start_stack, pad, collected.services))
        try:
            first = starting if self.backend == "containers" else None
            trial_task = asyncio.create_task(hold_trial(self.run_, self.areas, first, self.say))
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
            async with httpx.AsyncClient(limits=limits, trust_env=False) as http:
                observer = Observer(self.run_, http, starting, collected.measures)
                tasks = [
                    asyncio.create_task(self._serve(pad, live, observer, starting), name=live.service.name)
                    for live in collected.services
                ]
                try:
                    stack = await asyncio.shield(stack_task)  # Ctrl-C must not lose what is being started
                except Exception as broken:
                    starting.set_exception(broken)
                    raise
                starting.set_result(stack)
                self._tell_stack(stack)
                sign_in(stack, http)
                stack_look = StackLook(self.run_, stack, http, self.config_dir)
                first_look = (
                    asyncio.create_task(stack_look.first())
                    if self.areas & {"components", "gateway", "alerts"}
                    else None
                )
                await self._finish(tasks)
                files = self.config_dir or STACK
                await open_dashboards(self.run_, stack, files, http, self.areas, self.say, collected.services)
                await look_at_retention(self.run_, stack, self.config_dir, http, self.areas)
                if first_look:
                    await first_look
                    await stack_look.last(collected.services)
                collected.components = await asyncio.to_thread(keep_states, self.run_, stack, self.backend)
            await asyncio.to_thread(self._stop, stack, collected.services)
            await trial_task
        finally:
            stack = stack or await _started(stack_task)
            await asyncio.to_thread(self._stop, stack, collected.services)

    def _pad(self, starting: asyncio.Future[RunningStack]) -> Pad:
        if self.run_.target is not None:
            return AttachedPad(self.run_.target)
        if self.backend == "containers":
            from suites.collect.runners.containers import ContainersPad  # needs packages that the other backends do not

            return ContainersPad(self.work_dir, self.say)
        return Launchpad(
            self.work_dir,
            self.ports,
            lambda name: starting.result().endpoint(name) if starting.done() else None,
            self.say,
        )

    async def _finish(self, tasks: list[asyncio.Task[None]]) -> None:
        left = set(tasks)
        while left:
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
                self.say(f"{task.get_name()} observed, {len(left)} of {len(tasks)} services left")

    def _start_stack(self, pad: Pad, services: list[LiveService]) -> RunningStack:
        if isinstance(pad, AttachedPad):
            return AttachedBackend(pad.target).start(StackPlan(self.work_dir, STACK))
        pad.log_root.mkdir(parents=True, exist_ok=True)
        plan = StackPlan(
            work_dir=self.work_dir / "stack",
            config_dir=STACK,
            targets=scrape_targets(services, pad.target),
            log_glob=str(pad.log_root / "*" / "*" / "*.log"),
            env={"ENVIRONMENT": "conformance"},
        )
        if isinstance(pad, Launchpad):
            return backend_class(self.backend)().start(plan)
        try:
            return pad.start(plan)
        except EngineError as wrong:
            raise pytest.UsageError(f"--stack containers: {wrong}") from None

    async def _serve(
        self,
        pad: Pad,
        live: LiveService,
        observer: Observer,
        starting: asyncio.Future[RunningStack],
    ) -> None:
        """Start one service and observe it; whatever breaks here is shown as the suite's own error."""
        local = live.service.start.local
        if self.backend == "containers" or (local is not None and local.component is not None):
            await asyncio.wait([starting])
            if starting.exception() is not None:
                return  # whoever waits for the stack tells why
        try:
            await asyncio.to_thread(pad.launch, live)
            await observer.observe(live)
        except Exception as broken:  # noqa: BLE001  # one service's trouble must not cost the others their verdicts
            observer.broke(live, CollectionError(f"collecting broke: {told(broken)}"))

    def _tell_stack(self, stack: RunningStack) -> None:
        for component in stack.components.values():
            if component.provenance != "absent":
                self.say(f"  {component.name} {component.version or ''} {component.provenance}")

    def _stop(self, stack: RunningStack | None, services: list[LiveService]) -> None:
        for live in services:
            live.stop()
        if stack is not None:
            stack.stop()
        self.ports.close()
        shutil.rmtree(self.work_dir, ignore_errors=True)


def told(broken: BaseException) -> str:
    """Tell an exception that nobody expected in one line, with the place in our own code that it came through last."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(broken.__traceback__)]
    ours = [(file.relative_to(ROOT), line) for file, line in frames if file.is_relative_to(ROOT)]
    place = next((f" ({file}:{line})" for file, line in reversed(ours) if "site-packages" not in file.parts), "")
    return f"{type(broken).__name__}: {broken}{place}"


async def _started(starting: asyncio.Task[RunningStack]) -> RunningStack | None:
    """Wait for a stack that is being started, so that it can be stopped; None where it could not be started."""
    try:
        return await starting
    except Exception:  # noqa: BLE001  # whoever waited for the stack has told why
        return None
