"""Starts the services of the catalog for the local backend, as processes on loopback."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fixtures.launch import Place, launches, log_file
from fixtures.placeholders import MissingBinaryError
from fixtures.service import Local, Service
from stack.backends.ports import HOST, Ports
from stack.backends.process import ComponentFailed, HttpReady, ProcessSpec, TcpReady, start
from stack.components import COMPONENTS
from stack.servers.failures import BuildError
from stack.servers.find import find_binary, why_absent
from stack.servers.gobuild import build

READY_TIMEOUT_S = 15.0
"""How long a service may take to become ready where its catalog entry does not say."""


class Held(Protocol):
    """What runs for a service and is to be stopped after it."""

    def reason(self) -> str | None:
        """Say why it does not run, None while it does."""

    def stop(self) -> None:
        """End it."""


@dataclass
class LiveService:
    """A service as it runs: where it answers, where it logs, or why it does not run.

    `base_url` is without a path; `started_at` in seconds since the epoch. `log_files` are what the agent follows.
    `quiet` says why it gets no traffic. `streams` are the labels of its log streams where it runs elsewhere, so that
    the log store is all that is seen of its log; None where we started it. `instance` is the value of that label where
    the name of the log file does not tell it; `unscraped` says why the stack's Prometheus cannot reach the service.
    """

    service: Service
    base_url: str | None = None
    problem: str | None = None
    expected: bool = True
    log_files: tuple[Path, ...] = ()
    started_at: float = 0.0
    processes: list[Held] = field(default_factory=list)
    quiet: str | None = None
    streams: dict[str, str] | None = None
    instance: str = ""
    unscraped: str | None = None

    @property
    def metrics_url(self) -> str | None:
        """Where its metrics are, None where it does not run."""
        return self.base_url and f"{self.base_url}{self.service.metrics.path}"

    @property
    def address(self) -> str | None:
        """Its `host:port`, as a scrape target names it."""
        return self.base_url and self.base_url.partition("://")[2]

    def died(self) -> str | None:
        """Say why a process of the service has ended, None while all run."""
        return next((reason for process in self.processes if (reason := process.reason())), None)

    def stop(self) -> None:
        """End its processes, the service first."""
        for process in reversed(self.processes):
            process.stop()


@dataclass(frozen=True)
class Launchpad:
    """Where services are started: ports, folders, and the endpoints of the stack's own components."""

    work_dir: Path
    ports: Ports
    endpoint: Callable[[str], str | None]
    say: Callable[[str], None]

    @property
    def log_root(self) -> Path:
        """The folder that the agent follows, laid out as `<system>/<service>/<instance>.log`."""
        return self.work_dir / "logs"

    def prepare(self, service: Service) -> LiveService:
        """Give the service its address and log files before anything is started."""
        live = LiveService(service)
        if service.start.attached is not None:
            live.base_url = service.start.attached.url
        elif service.start.local is None:
            live.problem, live.expected = "its service.yaml does not say how the local backend starts it", False
        elif service.start.local.component is None:
            live.base_url = f"http://{HOST}:{self.ports.take()}"
            if service.logs is not None and service.logs.format != "none":
                live.log_files = (log_file(service, self.log_dir(service)),)
        return live

    def target(self, live: LiveService) -> str | None:
        """Where Prometheus finds a service."""
        return live.address

    def log_dir(self, service: Service) -> Path:
        """The folder of a service's log files."""
        return self.log_root / service.system / service.name

    def launch(self, live: LiveService) -> None:
        """Start the service with its sidecars and wait until it is ready; what went wrong is its `problem`."""
        local = live.service.start.local
        if live.problem or live.service.start.attached is not None or local is None:
            return
        live.started_at = time.time()
        if local.component is not None:
            self._adopt(live, local.component)
            return
        try:
            self._start(live, local)
        except MissingBinaryError as missing:
            why = why_absent(missing.name) if missing.name in COMPONENTS else str(missing)
            live.problem, live.expected = f"{live.service.name} cannot run here: {why}", False
        except BuildError as missing:
            live.problem, live.expected = f"{live.service.name} cannot run here: {missing}", False
        except ComponentFailed as failed:
            live.problem = str(failed)
        if live.problem:
            live.base_url = None

    def _adopt(self, live: LiveService, component: str) -> None:
        """Take a component of the stack as the service."""
        live.base_url = self.endpoint(component)
        if live.base_url is None:
            live.problem, live.expected = f"{component} is not part of this stack", False

    def _start(self, live: LiveService, local: Local) -> None:
        service = live.service
        home = self.work_dir / "services" / service.name
        home.mkdir(parents=True, exist_ok=True)
        self.log_dir(service).mkdir(parents=True, exist_ok=True)
        place = Place(
            port=int((live.address or "").rpartition(":")[2]),
            work_dir=home,
            log_dir=self.log_dir(service),
            host=HOST,
            sidecar_ports={sidecar.name: self.ports.take() for sidecar in local.sidecars},
            built=self._built(local),
        )
        for launch in launches(service, place, _binary):
            captured = launch.name == service.name and live.log_files and _logs_to_stdout(service)
            process = start(
                ProcessSpec(
                    name=launch.name,
                    argv=launch.argv,
                    cwd=launch.cwd,
                    env=launch.env,
                    stdout=live.log_files[0] if captured else home / f"{launch.name}.out",
                    ready=HttpReady(launch.ready_url) if launch.ready_url else TcpReady(launch.port),
                )
            )
            live.processes.append(process)
            process.wait_ready(service.ready.timeout_s if service.ready else READY_TIMEOUT_S)

    def _built(self, local: Local) -> Path | None:
        if local.build is None:
            return None
        module, package = local.build.module, local.build.package
        return build(module, module.name.strip("_"), package, install_go=True, progress=self.say)


def _logs_to_stdout(service: Service) -> bool:
    return service.logs is not None and service.logs.source == "stdout"


def _binary(name: str) -> str | None:
    found = find_binary(name)
    return str(found.path) if found else None
