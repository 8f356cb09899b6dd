"""Services of a stack that runs elsewhere: where they answer, and what is known of their logs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from fixtures.service import ANY, Service
from stack.backends.attached.target_file import TargetFile, TargetFileError
from suites.collect.runners.local import LiveService

QUIET = "services of an attached stack get no traffic unless the target file says `provoke: true`"


def load_target(config: pytest.Config) -> TargetFile | None:
    """Read the target file of `--stack attached`, None for the other backends.

    Raises:
        pytest.UsageError: there is none, or it cannot be used; the text names file, line and key.

    """
    if config.getoption("--stack") != "attached":
        return None
    path = config.getoption("--target")
    if path is None:
        raise pytest.UsageError("--stack attached needs --target FILE, the endpoints of the live stack")
    try:
        return TargetFile.load(path, os.environ)
    except TargetFileError as wrong:
        raise pytest.UsageError(str(wrong)) from None


def attached_services(services: Iterable[Service], target: TargetFile) -> list[Service]:
    """Choose the services that the target file, or their own catalog entry, says where to find.

    Raises:
        pytest.UsageError: the target file names a service that the catalog does not have.

    """
    services = list(services)
    known = {service.name for service in services}
    unknown = [name for name in target.services if name not in known]
    if unknown:
        wrong = "\n".join(f"{target.lines[name]}: services.{name}: not in the catalog" for name in unknown)
        raise pytest.UsageError(f"{wrong}\nthe catalog has {', '.join(sorted(known)) or 'no service'}")
    return [service for service in services if _url(service, target) is not None]


def _url(service: Service, target: TargetFile) -> str | None:
    """Where a service answers: by the target file, by its own entry, or as the component of the stack that it is."""
    if service.name in target.services:
        return target.services[service.name].url
    if service.start.attached is not None:
        return service.start.attached.url
    component = service.start.local.component if service.start.local else None
    # Metrics are scraped without credentials, as Prometheus does it from inside.
    return None if component in target.credentials else target.endpoints.get(component or "")


@dataclass(frozen=True)
class AttachedPad:
    """What a launchpad is for services that are started: it finds them where they run."""

    target: TargetFile

    def prepare(self, service: Service) -> LiveService:
        """Give the service its address, and the labels under which its log streams are found."""
        named = self.target.services.get(service.name)
        live = LiveService(service, quiet=None if self.target.provoke else QUIET)
        live.base_url = _url(service, self.target)
        if live.base_url is None:
            live.problem, live.expected = f"it is not known where {service.name} runs", False
        declared = service.logs.labels if service.logs else {}
        fixed = {name: value for name, value in declared.items() if value != ANY}
        live.streams = dict(named.logs) if named and named.logs else _selecting(fixed, service)
        return live

    def launch(self, live: LiveService) -> None:
        """Start nothing: the service runs."""


def _selecting(fixed: dict[str, str], service: Service) -> dict[str, str]:
    """The labels that find a service's streams whatever its environment is called there."""
    return {name: value for name, value in fixed.items() if name in ("system", "service")} or {"service": service.name}
