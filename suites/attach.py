"""Services of a stack that runs elsewhere: where they answer, and what is known of their logs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from fixtures.service import ANY, Service
from stack.backends.target_file import TargetFile, TargetFileError
from suites.launch import LiveService

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
    return [service for service in services if service.name in target.services or service.start.attached is not None]


@dataclass(frozen=True)
class AttachedPad:
    """What a launchpad is for services that are started: it finds them where they run."""

    target: TargetFile

    def prepare(self, service: Service) -> LiveService:
        """Give the service its address, and the labels under which its log streams are found."""
        named, own = self.target.services.get(service.name), service.start.attached
        live = LiveService(service, quiet=None if self.target.provoke else QUIET)
        live.base_url = named.url if named else own.url if own else None
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
