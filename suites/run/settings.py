"""What one conformance run is: the catalog, the rules' subjects, the evidence, shared by all its processes.

With pytest-xdist every worker sees the same run folder. The first worker that needs evidence collects it for all,
the others wait at a lock: the experiment happens once, however many processes judge.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock, Timeout

from fixtures.catalog import Catalog, CatalogError, Service, load
from stack.components import COMPONENTS
from stack.servers.pins import cache_root
from suites.collect.static_files import read_files
from suites.components.collect.files import Static
from suites.core.discovery import in_area, rules
from suites.core.evidence import EvidenceStore
from suites.core.rule import Rule
from suites.core.subjects import Subject, is_about, subjects
from suites.run.options import ROOT, check_stack, service_urls

if TYPE_CHECKING:
    from stack.backends.attached.target_file import TargetFile

RUN = pytest.StashKey["Run"]()
FOLDER = "conformance_run_folder"
PREFIX, STARTED, IN_USE = "conformance-", "started", "in-use"
"""How run folders are named, and the files in one that tell when its run began and that it still goes on."""


@dataclass
class Run:
    """One run: options, catalog and the folder its processes share."""

    config: pytest.Config
    folder: Path
    started: datetime
    in_use: FileLock | None = None

    @cached_property
    def target(self) -> TargetFile | None:
        """Where the live stack is, with `--stack attached`; raises UsageError for a target file that cannot be used."""
        from suites.collect.runners.attached import load_target  # the other backends need none of it

        return load_target(self.config)

    @cached_property
    def listed(self) -> tuple[Service, ...]:
        """All services of the catalog; raises UsageError with every problem of the catalog, or of its waivers."""
        urls = service_urls(self.config)
        chosen = self.config.getoption("--catalog")
        wanted = set(self.config.getoption("--service"))
        listed: tuple[Service, ...] = ()
        if chosen or not urls:
            try:
                listed = load(chosen or ROOT / "fixtures" / "services").services
            except CatalogError as broken:
                raise pytest.UsageError(str(broken)) from None
        services = [*listed, *(_from_url(name, url) for name, url in urls.items())]
        _check_names(services, wanted)
        _check_jobs(services)
        _check_waivers(services)
        return tuple(services)

    @cached_property
    def catalog(self) -> Catalog:
        """The services to judge: those of the catalog that were asked for and, of a live stack, can be found."""
        wanted, services = set(self.config.getoption("--service")), list(self.listed)
        if self.target is not None:
            from suites.collect.runners.attached import attached_services  # the other backends need none of it

            services = attached_services(services, self.target)
            lost = sorted(wanted - {service.name for service in services})
            if lost:
                raise pytest.UsageError(f"--service {', '.join(lost)}: the target file does not say where it runs")
        return Catalog(tuple(service for service in services if not wanted or service.name in wanted))

    @property
    def shared(self) -> bool:
        """Whether other processes judge by the evidence that this one collects: with pytest-xdist they do."""
        return hasattr(self.config, "workerinput")

    @cached_property
    def today(self) -> date:
        """The date that waivers and end-of-life tables are compared with: the day the run started, in UTC."""
        return self.started.date()

    @cached_property
    def store(self) -> EvidenceStore:
        """The evidence of this run."""
        return EvidenceStore(self.folder / "evidence")

    @cached_property
    def statics(self) -> Mapping[str, Static]:
        """What the shipped files say, by area and subject.

        They are held against the catalog that is shipped with them, whichever services this run judges.
        """
        return read_files(load(ROOT / "fixtures" / "services"), self.today)

    def check(self) -> None:
        """Raise UsageError for whatever cannot be run as asked, before anything is collected."""
        check_stack(self.config)
        _ = self.target
        _ = self.catalog
        if self.config.getoption("--stack") == "containers" and not self.shared and not self.config.option.collectonly:
            from suites.collect.runners.containers import check  # needs packages that the other backends do not

            check(self.config, self.catalog.services)

    def judgements(self, area: str) -> list[tuple[Rule, Subject]]:
        """Every rule of `area` with every subject it is about, subject by subject."""
        static = self.statics.get(area)
        return [
            (rule, subject)
            for subject in subjects(self.catalog, static)
            for rule in in_area(area)
            if is_about(rule, subject, static)
        ]

    def collect_once(self, wanted: Collection[tuple[str, str]], say: Callable[[str], None]) -> None:
        """Collect the evidence for `wanted` pairs of area and subject, unless a process of this run already has."""
        from suites.collect.collection import collect  # the suite's own tests need none of it

        done = self.folder / "collected"
        with FileLock(self.folder / "collect.lock"):
            if not done.exists():
                collect(self, wanted, say)
                done.touch()


def _from_url(name: str, url: str) -> Service:
    try:
        return Service.from_url(name, url)
    except ValueError as wrong:
        raise pytest.UsageError(f"--service-url {name}={url}: {wrong}") from None


def _check_names(services: list[Service], wanted: set[str]) -> None:
    names = [service.name for service in services]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise pytest.UsageError(f"--service-url names a service of the catalog: {', '.join(doubled)}")
    unknown = sorted(wanted - set(names))
    if unknown:
        raise pytest.UsageError(
            f"--service {', '.join(unknown)}: not in the catalog; it has {', '.join(sorted(names))}"
        )


def _check_jobs(services: list[Service]) -> None:
    """The stack's own components are scraped too, each under its name, and must not be mixed up with a service."""
    wrong = [
        f"{service.where}: metrics.job: {service.metrics.job!r} is the job of the stack's own component; "
        "choose another name or metrics.job"
        for service in services
        if service.metrics.job in COMPONENTS and not (service.start.local and service.start.local.component)
    ]
    if wrong:
        raise pytest.UsageError("\n".join(wrong))


def _check_waivers(services: list[Service]) -> None:
    known = rules()
    wrong = [
        f"{waiver.where}: {problem}"
        for service in services
        for waiver in service.waivers
        if (problem := _why_no_waiver(waiver.rule, known))
    ]
    if wrong:
        raise pytest.UsageError("\n".join(wrong))


def _why_no_waiver(name: str, known: Mapping[str, Rule]) -> str:
    """Say why a service cannot have this rule waived, empty where it can."""
    if name not in known:
        return f"waiver for unknown rule {name!r}{_nearest(name, known)}"
    if "service" not in getattr(known[name].record, "judged_per", ("service",)):
        return f"waiver for {name!r}, which judges no service: it would never be needed"
    return ""


def _nearest(name: str, known: Collection[str]) -> str:
    import difflib  # only on the way to an error

    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def start(config: pytest.Config) -> Run:
    """Make the run of this process: a new one, or in an xdist worker the one its controller made."""
    inherited = getattr(config, "workerinput", {}).get(FOLDER)
    if inherited:
        folder = Path(inherited)
        return Run(config, folder, datetime.fromisoformat((folder / STARTED).read_text(encoding="ascii")))
    cache_root().mkdir(parents=True, exist_ok=True)
    with FileLock(cache_root() / "runs.lock"):  # a new folder is not yet in use for an instant
        _remove_abandoned()
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        in_use = FileLock(folder / IN_USE)
        in_use.acquire(blocking=False)
    now = datetime.now(UTC)
    (folder / STARTED).write_text(now.isoformat(), encoding="ascii")
    return Run(config, folder, now, in_use)


def _remove_abandoned() -> None:
    """Remove the folders of runs that were killed: their locks are free."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{IN_USE}"):
        with contextlib.suppress(OSError, Timeout), FileLock(lock, blocking=False):
            shutil.rmtree(lock.parent, ignore_errors=True)
