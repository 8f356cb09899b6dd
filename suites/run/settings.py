"""What one run is asked for: read once from the options, the catalog and the target file, and frozen."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path

import pytest

from fixtures.catalog import CatalogError, load
from fixtures.service import Budgets, Logs, Service, Waiver
from fixtures.waivers import WaiverError, waivers
from fixtures.waivers import load as load_waivers
from stack.backends.attached.target_file import TargetFile, TargetFileError
from stack.components import AGENTS, COMPONENTS, USUAL
from suites.collect.runners.attached import attached_services
from suites.core.discovery import areas, rules
from suites.core.subjects import judged_per
from suites.run.run_folder import RunFolder
from suites.run.shard import Shard

ROOT = Path(__file__).resolve().parents[2]
STACK = ROOT / "stack"
CATALOG = ROOT / "fixtures" / "services"
WAIVERS = "waivers.yaml"
"""The file in `stack/` with what is accepted of the stack itself."""
NAME = re.compile(r"(?=.{1,63}\Z)[a-z0-9]([a-z0-9_.-]*[a-z0-9])?")
"""What a service may be called, as in `schemas/service.schema.json`."""


@dataclass(frozen=True)
class Settings:
    """One run, as it was asked for.

    `folder` is shared by its processes; `started` is in UTC. `stack`
    is the value of `--stack`, `target` the target file of an attached stack. `listed` are all services of the catalog,
    `services` those of the run, all of which are judged unless it is one `shard` of it. `focused`: only single
    services are judged, and nothing of the stack.
    `components` are those of the stack to start. `chosen_only` says why the run does not see the whole
    catalog, `no_retention_trial` why there is no trial; both are empty where that is not so. `folders` are a user's
    files by the area that judges them: then nothing else is judged. `waivers` are those of services and of the stack.
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
    ca_files: tuple[Path, ...] = ()
    no_retention_trial: str = ""
    folders: Mapping[str, Path] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    shard: Shard | None = None

    @property
    def judged(self) -> tuple[Service, ...]:
        """The services that this process and its workers judge."""
        return self.shard.share(self.services) if self.shard else self.services

    @property
    def judges_stack(self) -> bool:
        """Whether what belongs to no single service is judged."""
        return not self.focused and (self.shard is None or self.shard.has_stack)

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
    folders = _folders(config)
    shard = _shard(config, folders)
    if folders:
        return Settings(folder, started, stack, None, (), (), folders=folders)
    target = _target(config)
    urls, wanted = service_urls(config), set(config.getoption("--service"))
    catalog = config.getoption("--catalog")
    budgets, logs = _budgets(config), _logs(config, urls)
    given = tuple(_from_url(name, url, budgets, logs.get(name)) for name, url in urls.items())
    listed = _listed(catalog, given, wanted, target)
    focused = bool(urls or wanted)
    services = listed
    if target is not None:
        services = _of_target(listed, target, wanted)
    services = tuple(service for service in services if not wanted or service.name in wanted)
    chosen_only = ""
    if focused:
        chosen_only = "this run observes chosen services only; run without --service and --service-url"
    elif catalog and target is None:
        chosen_only = "this run observes the services of another catalog; run without --catalog"
    left_out = [name for name in ("--no-retention-trial", "--service", "--service-url") if config.getoption(name)]
    part = shard.share(services) if shard else services
    observed = part if focused or (shard and not shard.has_stack) else ()
    return Settings(
        folder=folder,
        started=started,
        stack=stack,
        target=target,
        listed=listed,
        services=services,
        focused=focused,
        components=_components(observed, config.getoption("--agent")),
        chosen_only=chosen_only,
        ca_files=_ca_files(config, services),
        waivers=(*_waivers(target, catalog), *(one for service in listed for one in service.waivers)),
        no_retention_trial=f"the retention trial was left out; run without {left_out[0]}" if left_out else "",
        shard=shard,
    )


def _shard(config: pytest.Config, folders: Mapping[str, Path]) -> Shard | None:
    """The part of the run that is asked for, None where that is all of it."""
    given = config.getoption("--shard")
    if given is None:
        return None
    if folders:
        raise pytest.UsageError(f"--shard is for services, and --{next(iter(folders))} judges none")
    for option in ("--history", "--metrics-file"):
        if config.getoption(option, None):
            raise pytest.UsageError(
                f"{option} is for whole runs: give it to `python -m reports merge`, not to a --shard"
            )
    return Shard.parse(given)


def _waivers(target: TargetFile | None, catalog: Path | None) -> tuple[Waiver, ...]:
    """The waivers of the stack: those in the target file, else those of the shipped one."""
    if target is not None:
        return waivers(target.waivers, [waiver["where"] for waiver in target.waivers])
    try:
        found = load_waivers(STACK / WAIVERS, f"{STACK.name}/{WAIVERS}")
    except WaiverError as wrong:
        raise pytest.UsageError(str(wrong)) from None
    # Another catalog has other services; the rest of the stack is the same.
    of_services = {rule.id for rule in rules().values() if "service" in judged_per(rule.record)}
    return tuple(one for one in found if not catalog or one.rule not in of_services)


def _ca_files(config: pytest.Config, services: Sequence[Service]) -> tuple[Path, ...]:
    """The files of certificates to trust, absolute."""
    asked = config.getoption("--ca-file")
    named = [config.invocation_params.dir / asked] if asked else []
    return tuple(dict.fromkeys([*named, *(each.metrics.ca_file for each in services if each.metrics.ca_file)]))


def _components(focus: Sequence[Service], agent: str) -> tuple[str, ...]:
    """The components of the stack to start: those that evidence about the services in `focus` needs, else all."""
    needed = {name for area in areas().values() for service in focus for name in area.components(service)}
    # A component that is judged as a service needs those that it works with.
    everything = not focus or any(service.start.local and service.start.local.component for service in focus)
    chosen = USUAL if everything else [name for name in USUAL if name in needed]
    return tuple(agent if name == AGENTS[0] else name for name in chosen)


def _folders(config: pytest.Config) -> dict[str, Path]:
    found = {}
    for name, area in areas().items():
        given = config.getoption(name, None) if area.folder is not None else None
        if given is not None:
            if not (config.invocation_params.dir / given).is_dir():
                raise pytest.UsageError(f"--{name} {given}: there is no such folder")
            found[name] = given
    return found


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


def _listed(
    catalog: Path | None, given: Sequence[Service], wanted: set[str], target: TargetFile | None
) -> tuple[Service, ...]:
    """The services of the catalog, of the target file and of `--service-url`.

    The shipped catalog is that of the shipped stack: an attached one has its own, or none.
    """
    listed: tuple[Service, ...] = ()
    folder = catalog or (target.catalog if target else CATALOG)
    if folder and (catalog or target or not given):
        try:
            listed = load(folder).services
        except CatalogError as broken:
            raise pytest.UsageError(str(broken)) from None
    if target is not None and folder is None:
        listed = tuple(_from_target(name, target) for name in target.services)
    services = [*listed, *given]
    _check_names(services, wanted)
    wrong = _job_problems(services)
    if wrong:
        raise pytest.UsageError("\n".join(wrong))
    return tuple(services)


def _from_target(name: str, target: TargetFile) -> Service:
    """A service that the target file alone describes."""
    at = target.services[name]
    service = Service.from_url(name, f"{at.url}{at.metrics}")
    logs = Logs(at.format, labels={}) if at.format else None  # what selects its streams need not be all their labels
    return replace(service, metrics=replace(service.metrics, job=at.job or name), logs=logs, where=target.lines[name])


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


def _budgets(config: pytest.Config) -> Budgets:
    """The `--budget` options; raises UsageError for one that is no positive number under a known key."""
    limits: dict[str, float] = {}
    known = ", ".join(sorted(field.name for field in fields(Budgets) if field.name != "streams"))
    for option in config.getoption("--budget"):
        key, _, text = option.partition("=")
        if key not in known.split(", ") or not re.fullmatch(
            r"\d+" if key != "scrape_seconds" else r"\d+(\.\d+)?", text
        ):
            raise pytest.UsageError(f"--budget {option!r}: expected KEY=NUMBER, where KEY is one of {known}")
        limits[key] = float(text) if key == "scrape_seconds" else int(text)
    if 0 in limits.values():
        raise pytest.UsageError("--budget: a budget is more than 0")
    if limits and not config.getoption("--service-url"):
        raise pytest.UsageError("--budget is for --service-url; a service of the catalog has `budgets` in service.yaml")
    return Budgets(**limits)  # type: ignore[arg-type]  # integers but for the seconds


def _logs(config: pytest.Config, urls: Mapping[str, str]) -> dict[str, Logs]:
    """The `--service-log` options by name; raises UsageError for one that is not NAME=FILE of a `--service-url`."""
    found: dict[str, Logs] = {}
    for option in config.getoption("--service-log"):
        name, _, given = option.partition("=")
        if not (name and given):
            raise pytest.UsageError(
                f"--service-log {option!r}: expected NAME=FILE, such as checkout=/var/log/checkout.log"
            )
        if name not in urls:
            raise pytest.UsageError(
                f"--service-log {option!r}: there is no --service-url {name}=URL; a service of the catalog names its "
                "file under `logs` of its service.yaml"
            )
        if config.getoption("--stack") == "attached":
            raise pytest.UsageError("--service-log: with --stack attached the lines are read from its Loki")
        path = config.invocation_params.dir / given
        if not path.is_file():
            raise pytest.UsageError(f"--service-log {option!r}: there is no file {path}")
        if name in found:
            raise pytest.UsageError(f"--service-log names {name!r} twice")
        found[name] = Logs(source="file", file=path.name, directory=str(path.parent))
    return found


def _from_url(name: str, url: str, budgets: Budgets, logs: Logs | None) -> Service:
    try:
        return replace(Service.from_url(name, url), budgets=budgets, logs=logs)
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
        if service.metrics.exposed
        and service.metrics.job in COMPONENTS
        and not (service.start.local and service.start.local.component)
    ]
