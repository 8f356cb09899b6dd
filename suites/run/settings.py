"""What one run is asked for: read once from the options, the catalog and the target file, and frozen."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from fixtures.catalog import CatalogError, load
from fixtures.service import Service
from stack.backends.attached.target_file import TargetFile, TargetFileError
from stack.components import AGENTS, COMPONENTS, USUAL
from suites.collect.runners.attached import attached_services
from suites.core import waivers
from suites.core.discovery import areas, renamed, rules
from suites.run.run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[2]
STACK = ROOT / "stack"
CATALOG = ROOT / "fixtures" / "services"
NAME = re.compile(r"(?=.{1,63}\Z)[a-z0-9]([a-z0-9_.-]*[a-z0-9])?")
"""What a service may be called, as in `schemas/service.schema.json`."""


@dataclass(frozen=True)
class Settings:
    """One run, as it was asked for.

    `folder` is shared by its processes; `started` is in UTC. `stack`
    is the value of `--stack`, `target` the target file of an attached stack. `listed` are all services of the catalog,
    `services` those that are judged. `focused`: only single services are judged, and nothing of the stack.
    `components` are those of the stack to start. `chosen_only` says why the run does not see the whole
    catalog, `no_retention_trial` why there is no trial; both are empty where that is not so.
    """

    folder: Path
    started: datetime
    stack: str
    target: TargetFile | None
    listed: tuple[Service, ...]
    services: tuple[Service, ...]
    focused: bool = False
    components: tuple[str, ...] = USUAL
    chosen_only: str = ""
    no_retention_trial: str = ""

    @property
    def today(self) -> date:
        """The day the run started, in UTC: what waivers and end-of-life dates are compared with."""
        return self.started.date()


def read_settings(config: pytest.Config, folder: RunFolder) -> Settings:
    """Read what the run is asked for.

    Raises:
        pytest.UsageError: it cannot be run as asked; every problem of the catalog or its waivers is named.

    """
    return _settings(config, folder.path, folder.started)


def _settings(config: pytest.Config, folder: Path, started: datetime) -> Settings:
    stack = config.getoption("--stack")
    target = _target(config)
    urls, wanted = service_urls(config), set(config.getoption("--service"))
    catalog = config.getoption("--catalog")
    listed = _listed(catalog, urls, wanted)
    focused = bool(urls or wanted)
    services = listed
    if target is not None:
        services = _of_target(listed, target, wanted)
    services = tuple(service for service in services if not wanted or service.name in wanted)
    chosen_only = ""
    if focused:
        chosen_only = "this run observes chosen services only; run without --service and --service-url"
    elif catalog:
        chosen_only = "this run observes the services of another catalog; run without --catalog"
    left_out = [name for name in ("--no-retention-trial", "--service", "--service-url") if config.getoption(name)]
    return Settings(
        folder=folder,
        started=started,
        stack=stack,
        target=target,
        listed=listed,
        services=services,
        focused=focused,
        components=_components(services if focused else (), config.getoption("--agent")),
        chosen_only=chosen_only,
        no_retention_trial=f"the retention trial was left out; run without {left_out[0]}" if left_out else "",
    )


def _components(focus: Sequence[Service], agent: str) -> tuple[str, ...]:
    """The components of the stack to start: those that evidence about the services in `focus` needs, else all."""
    needed = {name for area in areas().values() for service in focus for name in area.components(service)}
    # A component that is judged as a service needs those that it works with.
    everything = not focus or any(service.start.local and service.start.local.component for service in focus)
    chosen = USUAL if everything else [name for name in USUAL if name in needed]
    return tuple(agent if name == AGENTS[0] else name for name in chosen)


def _target(config: pytest.Config) -> TargetFile | None:
    path, attached = config.getoption("--target"), config.getoption("--stack") == "attached"
    if path is not None and not attached:
        raise pytest.UsageError("--target names the endpoints of a live stack: it needs --stack attached")
    if not attached:
        return None
    if path is None:
        raise pytest.UsageError("--stack attached needs --target FILE, the endpoints of the live stack")
    try:
        return TargetFile.load(path, os.environ)
    except TargetFileError as wrong:
        raise pytest.UsageError(str(wrong)) from None


def _listed(catalog: Path | None, urls: dict[str, str], wanted: set[str]) -> tuple[Service, ...]:
    listed: tuple[Service, ...] = ()
    if catalog or not urls:
        try:
            listed = load(catalog or CATALOG).services
        except CatalogError as broken:
            raise pytest.UsageError(str(broken)) from None
    services = [*listed, *(_from_url(name, url) for name, url in urls.items())]
    _check_names(services, wanted)
    wrong = [*_job_problems(services), *waivers.problems(services, rules(), renamed())]
    if wrong:
        raise pytest.UsageError("\n".join(wrong))
    return tuple(services)


def _of_target(listed: Sequence[Service], target: TargetFile, wanted: set[str]) -> tuple[Service, ...]:
    try:
        services = attached_services(listed, target)
    except ValueError as unknown:
        raise pytest.UsageError(str(unknown)) from None
    lost = sorted(wanted - {service.name for service in services})
    if lost:
        raise pytest.UsageError(f"--service {', '.join(lost)}: the target file does not say where it runs")
    return tuple(services)


def service_urls(config: pytest.Config) -> dict[str, str]:
    """The `--service-url` options by name; raises UsageError for one that is not NAME=URL."""
    found: dict[str, str] = {}
    for option in config.getoption("--service-url"):
        name, equals, url = option.partition("=")
        if not (equals and name.strip() and url.startswith(("http://", "https://"))):
            raise pytest.UsageError(
                f"--service-url {option!r}: expected NAME=URL, such as checkout=http://127.0.0.1:8080/metrics"
            )
        if not NAME.fullmatch(name):
            raise pytest.UsageError(
                f"--service-url {option!r}: {name!r} is no name: lower-case letters, digits, and . _ - between them"
            )
        if "@" in url.partition("://")[2].partition("/")[0]:
            shown = f"{name}={url.partition('://')[0]}://…@{url.rpartition('@')[2]}"
            raise pytest.UsageError(f"--service-url {shown}: no user and password in the URL, they would be printed")
        if name in found:
            raise pytest.UsageError(f"--service-url names {name!r} twice")
        found[name] = url
    return found


def _from_url(name: str, url: str) -> Service:
    try:
        return Service.from_url(name, url)
    except ValueError as wrong:
        raise pytest.UsageError(f"--service-url {name}={url}: {wrong}") from None


def _check_names(services: Sequence[Service], wanted: set[str]) -> None:
    names = [service.name for service in services]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise pytest.UsageError(f"--service-url names a service of the catalog: {', '.join(doubled)}")
    unknown = sorted(wanted - set(names))
    if unknown:
        raise pytest.UsageError(
            f"--service {', '.join(unknown)}: not in the catalog; it has {', '.join(sorted(names))}"
        )


def _job_problems(services: Sequence[Service]) -> list[str]:
    """The stack's own components are scraped too, each under its name, and must not be mixed up with a service."""
    return [
        f"{service.where}: metrics.job: {service.metrics.job!r} is the job of the stack's own component; "
        "choose another name or metrics.job"
        for service in services
        if service.metrics.job in COMPONENTS and not (service.start.local and service.start.local.component)
    ]
