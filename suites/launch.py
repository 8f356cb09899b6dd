"""Starts the services of the catalog for the local backend, as processes on loopback."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fixtures.service import Local, Service, Sidecar
from stack.backends.ports import HOST, Ports
from stack.backends.process import ComponentFailed, HttpReady, ProcessSpec, Running, TcpReady, start
from stack.components import find_binary, why_absent
from stack.native.failures import BuildError
from stack.native.gobuild import build
from suites.placeholders import CannotFill, fill

INSTANCE = "1"
"""The instance that a run starts of each service; also the name of its log file and its `instance` label."""


@dataclass
class LiveService:
    """A service as it runs: where it answers, where it logs, or why it does not run.

    `base_url` is without a path; `started_at` in seconds since the epoch. `log_files` are what the agent follows.
    """

    service: Service
    base_url: str | None = None
    problem: str | None = None
    expected: bool = True
    log_files: tuple[Path, ...] = ()
    started_at: float = 0.0
    processes: list[Running] = field(default_factory=list)

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
        return next((problem for process in self.processes if (problem := process.problem())), None)

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
                live.log_files = (self._log_file(service),)
        return live

    def _log_file(self, service: Service) -> Path:
        name = f"{INSTANCE}.log"
        if service.logs is not None and service.logs.source == "file":
            name = service.logs.file or f"{service.name}.log"
        return self.log_root / service.system / service.name / name

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
        except (CannotFill, BuildError) as missing:
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
        side_ports = {sidecar.name: self.ports.take() for sidecar in local.sidecars}
        for sidecar in local.sidecars:
            self._start_sidecar(live, sidecar, home, side_ports)
        port = int((live.address or "").rpartition(":")[2])
        text = self._filler(service, local, home, port, side_ports)
        captured = live.log_files and (service.logs is None or service.logs.source == "stdout")
        spec = ProcessSpec(
            name=service.name,
            argv=tuple(text(part) for part in local.argv),
            cwd=local.cwd,
            env={key: text(value) for key, value in local.env.items()},
            stdout=live.log_files[0] if captured else home / "stdout.log",
            ready=HttpReady(f"{live.base_url}{service.ready.path if service.ready else service.metrics.path}"),
        )
        live.processes.append(start(spec))
        live.processes[-1].wait_ready(service.ready.timeout_s if service.ready else 15.0)

    def _start_sidecar(self, live: LiveService, sidecar: Sidecar, home: Path, ports: dict[str, int]) -> None:
        port = ports[sidecar.name]
        local = live.service.start.local
        assert local is not None  # noqa: S101  # only services with a local start have sidecars
        text = self._filler(live.service, local, home, port, ports)
        ready = HttpReady(f"http://{HOST}:{port}{sidecar.ready_path}") if sidecar.ready_path else TcpReady(port)
        spec = ProcessSpec(
            name=f"{live.service.name}/{sidecar.name}",
            argv=tuple(text(part) for part in sidecar.argv),
            cwd=home,
            env={key: text(value) for key, value in sidecar.env.items()},
            stdout=home / f"{sidecar.name}.log",
            ready=ready,
        )
        live.processes.append(start(spec))
        live.processes[-1].wait_ready()

    def _filler(
        self, service: Service, local: Local, home: Path, port: int, side_ports: dict[str, int]
    ) -> Callable[[str], str]:
        folder = self.log_root / service.system / service.name
        folder.mkdir(parents=True, exist_ok=True)
        plain = {
            "python": sys.executable,
            "host": HOST,
            "port": str(port),
            "log_dir": str(folder),
            "log_file": str(self._log_file(service)),
            "work_dir": str(home),
            "dir": str(Path(service.where).parent) if service.where else str(local.cwd),
            "environment": service.environment,
            "instance": INSTANCE,
        }
        if local.build is not None:
            module, package = local.build.module, local.build.package
            plain["built"] = str(build(module, service.name, package, install_go=True, progress=self.say))
        named = {"binary": _binary, "port": lambda name: str(side_ports[name])}
        return lambda template: fill(template, plain, named)


def _binary(name: str) -> str:
    try:
        found = find_binary(name)
    except KeyError:
        raise CannotFill(f"{{binary:{name}}}: no component or tool has that name") from None
    if found is None:
        raise CannotFill(why_absent(name))
    return str(found.path)
