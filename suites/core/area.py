"""What an area is: a folder of `suites/` whose `area.py` says how the evidence of its rules is collected.

`AREA = Area(...)` in that file is all that the rest of the suite knows of an area. Files are read once per run into
records of kind `static`. A `ServiceCollector` is made for every service, a `StackCollector` once for the running stack;
they put frozen records into the run's evidence store and judge nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Protocol

import httpx

from fixtures.service import Service
from stack.backends.attached.target_file import TargetFile
from stack.backends.base import RunningStack
from stack.clients.prometheus import PrometheusClient
from stack.components import AGENTS
from stack.records.live.components import ComponentState
from stack.records.logs.stream import SentRequest
from stack.records.scrape.traffic import ProvokedTraffic
from suites.core.evidence import EvidenceStore, NotEvaluated
from suites.core.inspected_stack import InspectedStack
from suites.core.pictures import Picture, Timeline
from suites.core.running_service import RunningService
from suites.core.traffic import provoke

StaticRecords = dict[str, dict[type, list[Any] | NotEvaluated]]
"""What files say: records by subject and type, or why there are none."""


@dataclass(frozen=True)
class StackFiles:
    """The files that an area reads, and what they are compared with.

    `folder` is laid out as `stack/`; None where an attached stack's files are not known. Of an `attached` stack it has
    what that stack has.
    """

    folder: Path | None
    today: date
    catalog_jobs: tuple[str, ...] = ()
    attached: bool = False


@dataclass(frozen=True)
class Traffic:
    """The requests that a service was sent, how it answered them (None: none were sent), and when that was over.

    `ended_at` in seconds since the epoch.
    """

    sent: tuple[SentRequest, ...]
    answers: ProvokedTraffic | None
    ended_at: float


async def _cannot(_: RunningService) -> bool:
    return False


@dataclass(frozen=True)
class RunContext:
    """What a collector may use, and what it must know of the run.

    `records` are the types that the selected rules judge: nothing else need be collected. `shipped` is this
    repository's `stack/`; `config_dir` holds the files that the stack was started from, None where they are not known.
    `listed` are all services of the catalog, `services` those of this run. `chosen_only` says why the data of this run
    is not that of the whole catalog, empty where it is. `stack` is done once the stack has been started. `measures`
    are figures for the report, by service, `pictures` and `timelines` what it shows. `provoke` sends a service
    the requests of its catalog entry. `own_timeout` lets Prometheus scrape a service with that service's timeout; it
    returns False where this cannot be changed. `log_root` is the folder that the agent reads, laid out as
    `<system>/<service>/<instance>.log`, None where the run did not start the stack. `target` is what an attached
    stack's target file says, None where the run starts the stack. `elsewhere` are the addresses of all services of an
    attached stack, whichever this run observes. `agent` is the log agent that was asked for.
    """

    store: EvidenceStore
    http: httpx.AsyncClient
    today: date
    work_dir: Path
    shipped: Path
    config_dir: Path | None
    records: frozenset[type]
    listed: tuple[Service, ...]
    services: Sequence[RunningService]
    stack: asyncio.Future[RunningStack]
    measures: dict[str, dict[str, object]]
    say: Callable[[str], None]
    pictures: list[Picture] = field(default_factory=list)
    timelines: list[Timeline] = field(default_factory=list)
    log_root: Path | None = None
    target: TargetFile | None = None
    chosen_only: str = ""
    no_retention_trial: str = ""
    own_timeout: Callable[[RunningService], Awaitable[bool]] = _cannot
    elsewhere: tuple[str, ...] = ()
    clients: dict[str, PrometheusClient] = field(default_factory=dict)
    agent: str = AGENTS[0]

    @property
    def attached(self) -> bool:
        """Whether the stack is somebody's live one, which is only read."""
        return self.target is not None

    def prometheus(self, url: str) -> PrometheusClient:
        """The client that all services of a run share: what one was told of the targets serves the others as well."""
        return self.clients.setdefault(url, PrometheusClient(url, self.http))

    async def provoke(self, running: RunningService) -> Traffic:
        """Send the service the requests of its catalog entry, unless it must get none; never raises."""
        sent, answers = await provoke(self.http, running)
        return Traffic(sent, answers, time.time())


class ServiceCollector(Protocol):
    """Collects an area's evidence about one service; never raises for what the service does."""

    async def before_traffic(self) -> None:
        """Collect what must be seen before the service is sent requests; not called where it does not run."""

    async def after_traffic(self, traffic: Traffic) -> None:
        """Collect everything else; not called where the service does not run."""

    async def not_running(self) -> None:
        """Say of a service that does not run why there is no evidence, and collect what there is all the same."""


class StackCollector:
    """Collects an area's evidence about the running stack; each method does nothing where an area has no use for it.

    `records` are the types that it puts into the store: it is left out of a run whose rules judge none of them.
    """

    records: ClassVar[tuple[type, ...]] = ()

    def __init__(self, run: RunContext) -> None:
        self.run = run

    async def beside(self) -> None:
        """Collect what needs no stack of the run, beside everything else."""

    async def started(self, stack: InspectedStack) -> None:
        """Collect what needs the stack but no service, while the services are observed."""

    async def observed(self, stack: InspectedStack) -> None:
        """Collect what depends on services that were scraped and whose lines were delivered."""

    async def closing(self, states: Sequence[ComponentState]) -> None:
        """Take the state of every component, checked once more just before the stack is stopped."""


@dataclass(frozen=True)
class Area:
    """One area of the suite: its name, what it reads from files, and its collectors.

    `service` makes, for a run, what makes the collector of each service: the area's subjects are then the services.
    `needs_all_services`: its evidence shows all services of the catalog together, so a run that selects it observes
    them all. `components` gives the components of the stack that the evidence about a single service needs. `folder`
    reads a folder of a user's files, which the option of the area's name gives; nothing else is judged then.
    """

    name: str
    files: Callable[[StackFiles], StaticRecords] | None = None
    service: Callable[[RunContext], Callable[[RunningService], ServiceCollector]] | None = None
    stack: type[StackCollector] | None = None
    needs_all_services: bool = False
    components: Callable[[Service], tuple[str, ...]] = lambda _service: ()
    folder: Callable[[Path], StaticRecords] | None = None
