"""Runs the services of the catalog and the stack as processes of this machine, on loopback."""

import time
from collections.abc import Sequence
from pathlib import Path

from fixtures.launch import Launch, Place, launches, log_file, own_log, used_components
from fixtures.placeholders import MissingBinaryError
from fixtures.service import Local, Service
from stack.backends.base import RunningStack, StackPlan, TargetGroup
from stack.backends.local.backend import LocalBackend
from stack.backends.ports import HOST, Ports
from stack.backends.process import ComponentFailed, HttpReady, ProcessSpec, ReadyCheck, TcpReady, start
from stack.components import COMPONENTS, SYSTEM, instance_of
from stack.servers.failures import BuildError
from stack.servers.find import find_binary, why_absent
from stack.servers.gobuild import build
from suites.collect.runners.base import READY_TIMEOUT_S, RunnerPlan
from suites.collect.targets import scrape_targets, with_own_timeout
from suites.core.running_service import NO_METRICS, RunningService


class LocalRunner:
    """Runs services and stack as processes of this machine."""

    stack_first = False

    def __init__(self, plan: RunnerPlan) -> None:
        self._plan = plan
        self._ports = Ports()
        self._stack: RunningStack | None = None
        self._targets: dict[str, list[TargetGroup]] = {}
        self._log_root = plan.log_root

    def prepare(self, service: Service) -> RunningService:
        """Give the service its address and log files before anything is started."""
        running = RunningService(service, unscraped=None if service.metrics.exposed else NO_METRICS)
        if service.start.attached is not None:
            running.base_url = service.start.attached.url
            running.own_log = own_log(service)
        elif service.start.local is None:
            running.problem, running.expected = "its service.yaml does not say how the local backend starts it", False
        elif service.start.local.component is not None:
            running.log_files = self._component_log(service, service.start.local.component)
        else:
            running.base_url = f"http://{HOST}:{self._ports.take()}"
            if service.logs is not None:
                running.log_files = (log_file(service, self._log_dir(service)),)
        return running

    def address(self, running: RunningService) -> str | None:
        """Where Prometheus scrapes a service."""
        return None if running.unscraped else running.address

    def start_stack(self, services: Sequence[RunningService]) -> RunningStack:
        """Start the stack; a component that does not come up is reported by its health."""
        self._log_root.mkdir(parents=True, exist_ok=True)
        self._targets = scrape_targets(services, self.address)
        docaiche = {one.service.name: one.base_url for one in services}.get("docaiche-api")
        behind = {"DOCAICHE_UPSTREAM": docaiche.rpartition("/")[2]} if docaiche else {}
        plan = StackPlan(
            work_dir=self._plan.work_dir / "stack",
            config_dir=self._plan.config_dir,
            components=self._plan.components,
            targets=self._targets,
            log_glob=str(self._log_root / "*" / "*" / "*.log"),
            own_logs=self._log_root / SYSTEM,
            env={"ENVIRONMENT": "conformance", **behind},
            late=("grafana",),  # services are observed meanwhile: they have no need of it
        )
        self._stack = LocalBackend().start(plan)
        return self._stack

    def own_timeout(self, running: RunningService) -> bool:
        """Write its target anew."""
        if self._stack is None:
            return False
        self._targets = with_own_timeout(self._targets, running)
        self._stack.set_targets(self._targets)
        return True

    def needs_stack(self, running: RunningService) -> bool:
        """A service that is a component of the stack runs with it; one that uses a component waits for it."""
        local = running.service.start.local
        return local is not None and (local.component is not None or bool(used_components(running.service)))

    def stop(self, services: Sequence[RunningService]) -> None:
        """End the services, then the stack."""
        for running in services:
            running.stop()
        if self._stack is not None:
            self._stack.stop()
        self._ports.close()

    def _log_dir(self, service: Service) -> Path:
        return self._log_root / service.system / service.name

    def _component_log(self, service: Service, component: str) -> tuple[Path, ...]:
        """The file that a component writes itself, or the one that the stack gives its output; none if unstructured."""
        if service.logs is None or service.logs.format == "none":
            return ()
        folder = self._log_dir(service)
        return (
            log_file(service, folder) if service.logs.source == "file" else folder / f"{instance_of(component)}.log",
        )

    def start_service(self, running: RunningService) -> None:
        """Start the service with its sidecars and wait until it is ready; what went wrong is its `problem`."""
        local = running.service.start.local
        if running.problem or running.service.start.attached is not None or local is None:
            return
        running.started_at = time.time()
        if local.component is not None:
            self._adopt(running, local.component)
            return
        try:
            self._start(running, local)
        except MissingBinaryError as missing:
            why = why_absent(missing.name) if missing.name in COMPONENTS else str(missing)
            running.problem, running.expected = f"{running.service.name} cannot run here: {why}", False
        except BuildError as missing:
            running.problem, running.expected = f"{running.service.name} cannot run here: {missing}", False
        except ComponentFailed as failed:
            running.problem = str(failed)
        if running.problem:
            running.base_url = None

    def _adopt(self, running: RunningService, component: str) -> None:
        """Take a component of the stack as the service."""
        running.base_url = self._stack.endpoint(component) if self._stack else None
        if running.base_url is None:
            running.problem, running.expected = f"{component} is not part of this stack", False

    def _start(self, running: RunningService, local: Local) -> None:
        service = running.service
        home = self._plan.work_dir / "services" / service.name
        home.mkdir(parents=True, exist_ok=True)
        self._log_dir(service).mkdir(parents=True, exist_ok=True)
        place = Place(
            port=int((running.address or "").rpartition(":")[2]),
            work_dir=home,
            log_dir=self._log_dir(service),
            host=HOST,
            sidecar_ports={sidecar.name: self._ports.take() for sidecar in local.sidecars},
            built=self._built(local),
            components=self._components(service),
        )
        for launch in launches(service, place, _binary):
            captured = launch.name == service.name and running.log_files and _logs_to_stdout(service)
            process = start(
                ProcessSpec(
                    name=launch.name,
                    argv=launch.argv,
                    cwd=launch.cwd,
                    env=launch.env,
                    stdout=running.log_files[0] if captured else home / f"{launch.name}.out",
                    ready=_ready(launch, service),
                )
            )
            running.processes.append(process)
            process.wait_ready(service.ready.timeout_s if service.ready else READY_TIMEOUT_S)

    def _components(self, service: Service) -> dict[str, str]:
        found = {name: self._stack.endpoint(name) if self._stack else None for name in used_components(service)}
        return {name: url.partition("://")[2] for name, url in found.items() if url}

    def _built(self, local: Local) -> Path | None:
        if local.build is None:
            return None
        module, package = local.build.module, local.build.package
        return build(module, module.name.strip("_"), package, install_go=True, progress=self._plan.say)


def _ready(launch: Launch, service: Service) -> ReadyCheck | None:
    """What shows that a process is ready; None for a service that answers no requests."""
    if launch.ready_url:
        return HttpReady(launch.ready_url)
    return None if launch.name == service.name else TcpReady(launch.port)


def _logs_to_stdout(service: Service) -> bool:
    return service.logs is not None and service.logs.source == "stdout"


def _binary(name: str) -> str | None:
    found = find_binary(name)
    return str(found.path) if found else None
