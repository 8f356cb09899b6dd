"""The services under test as containers: what of them the backend starts, where they answer, and where they log."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from fixtures.launch import log_file, own_log
from fixtures.service import Service
from stack.backends.base import RunningStack, StackPlan, TargetGroup
from stack.backends.containers import backend
from stack.backends.containers.compose import ContainerService
from stack.backends.containers.engine import EngineError
from stack.backends.containers.process import ContainerProcess
from stack.backends.containers.stack import ContainersStack
from stack.backends.process import ComponentFailed, HttpReady, ProcessSpec, Running, start, what_is_missing
from stack.components import instance_of
from suites.collect.runners.base import READY_TIMEOUT_S, RunnerPlan, StackRefusedError
from suites.collect.targets import scrape_targets, with_own_timeout
from suites.core.running_service import DOCAICHE_LOGS, NO_METRICS, RunningService, container_instance

SLACK_S = 30.0
"""Seconds that a service gets beyond its own time to become ready: everything starts at once, on few cores."""

FOLLOWED_S = 12.0
"""Seconds for the agent to find a new container: twice its interval, and a little."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
UNREACHED = "it answers on this machine's loopback alone, where a Prometheus in a container cannot reach it"


@dataclass(frozen=True)
class Contained:
    """A service's container, with the process that copies its output into a file."""

    container: ContainerProcess
    follower: Running | None

    def reason(self) -> str | None:
        """Say why the service is not running, None while it is."""
        return self.container.reason()

    def stop(self) -> None:
        """Stop copying; the container goes with its stack."""
        if self.follower is not None:
            self.follower.stop()


class ContainersRunner:
    """Runs services and stack as containers: the services are started with the stack, then found where they answer."""

    stack_first = True

    def __init__(self, plan: RunnerPlan) -> None:
        self._plan = plan
        self._stack: ContainersStack | None = None
        self._targets: dict[str, list[TargetGroup]] = {}
        self.containers: list[ContainerService] = []
        self._log_root = plan.log_root
        self._stack_dir = plan.work_dir / "stack"

    def prepare(self, service: Service) -> RunningService:
        """Say what is to be started for a service, and where its log will be."""
        running = RunningService(service, unscraped=None if service.metrics.exposed else NO_METRICS)
        how = service.start.containers
        if service.start.attached is not None:
            running.base_url = service.start.attached.url
            running.own_log = own_log(service)
            if urlsplit(running.base_url).hostname in LOOPBACK:
                running.unscraped = UNREACHED
        elif how is None:
            running.problem, running.expected = (
                "its service.yaml does not say how the containers backend starts it",
                False,
            )
        elif how.component is not None:
            if service.logs is not None and service.logs.format != "none" and _logs_to_stdout(service):
                running.instance = instance_of(how.component)
                running.log_files = (log_file(service, self._log_folder(service)),)
        else:
            folder, running.instance = self._log_folder(service), container_instance(service)
            if service.logs is not None:
                running.log_files = (log_file(service, folder),)
            self.containers.append(self._container(service, folder))
        return running

    def address(self, running: RunningService) -> str | None:
        """Where Prometheus scrapes a service: by its name in the network of the run."""
        how = running.service.start.containers
        if running.unscraped:
            return None
        if running.service.start.attached is not None:
            return running.address
        return f"{running.service.name}:{running.service.metrics.port}" if how and how.component is None else None

    def start_stack(self, services: Sequence[RunningService]) -> RunningStack:
        """Start the stack with all services that were prepared."""
        self._log_root.mkdir(parents=True, exist_ok=True)
        self._targets = scrape_targets(services, self.address)
        plan = StackPlan(
            work_dir=self._stack_dir,
            config_dir=self._plan.config_dir,
            components=self._plan.components,
            targets=self._targets,
            log_glob=str(self._log_root / "*" / "*" / "*.log"),
            env={"ENVIRONMENT": "conformance"},
        )
        try:
            self._stack = backend.ContainersBackend(self.containers, self._plan.say).start(plan)
        except EngineError as wrong:
            raise StackRefusedError(f"--stack containers: {wrong}") from None
        return self._stack

    def own_timeout(self, running: RunningService) -> bool:
        """Write its target anew."""
        if self._stack is None:
            return False
        self._targets = with_own_timeout(self._targets, running)
        self._stack.set_targets(self._targets)
        return True

    def needs_stack(self, running: RunningService) -> bool:  # noqa: ARG002  # as `ServiceRunner` has it
        """Every service is started with the stack."""
        return True

    def stop(self, services: Sequence[RunningService]) -> None:
        """End the services, then the stack."""
        for running in services:
            running.stop()
        if self._stack is not None:
            self._stack.stop()

    def start_service(self, running: RunningService) -> None:
        """Find a service that was started with the stack, and wait until it is ready; `problem` says what is wrong."""
        how, stack = running.service.start.containers, self._stack
        if running.problem or running.service.start.attached is not None or how is None or stack is None:
            return
        running.started_at = stack.started_at
        if how.component is not None:
            running.base_url = stack.endpoint(how.component)
            if running.base_url is None:
                running.problem, running.expected = f"{how.component} is not part of this stack", False
            elif running.log_files:
                container = stack.process(how.component)
                running.processes.append(Contained(container, _follow(stack, container, running.log_files[0])))
            return
        container = stack.process(running.service.name)
        follower = None
        if running.log_files and _logs_to_stdout(running.service):
            follower = _follow(stack, container, running.log_files[0])
        running.processes.append(Contained(container, follower))
        running.base_url = stack.service_url(running.service.name)
        ready = running.service.ready
        if ready or running.service.metrics.exposed:
            path = ready.path if ready else running.service.metrics.path
            container.ready = partial(what_is_missing, HttpReady(f"{running.base_url}{path}"))
        try:
            container.wait_ready((ready.timeout_s if ready else READY_TIMEOUT_S) + SLACK_S)
        except ComponentFailed as failed:
            running.problem, running.base_url = str(failed), None
            return
        if follower is not None:  # else the delay of the lines would be that of finding a new container
            stack.wait_followed(running.service.name, FOLLOWED_S)

    def _container(self, service: Service, log_folder: Path) -> ContainerService:
        how = service.start.containers
        assert how is not None  # noqa: S101  # only services that say how get here
        labels, mounts = {"observability.system": service.system}, {}
        if service.logs is not None and service.logs.directory:
            mounts[service.logs.directory] = log_folder
            labels["observability.logs"] = "off"  # the agent has its files; with its output it would have all twice
        return ContainerService(
            service.name, service.metrics.port, how.image, how.build, how.command, how.env, mounts, labels
        )

    def _log_folder(self, service: Service) -> Path:
        """The folder of this machine where a service's log will be."""
        directory = service.logs.directory if service.logs else None
        if directory is None:
            return self._plan.work_dir / "output"  # not what the agent follows: it has the containers' own
        if directory == DOCAICHE_LOGS:
            return self._stack_dir / "docaiche-logs"
        folder = self._log_root / service.system / service.name
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)  # the service's user in its container is nobody here
        return folder


def check(components: Sequence[str], services: Iterable[Service], say: Callable[[str], None]) -> None:
    """See that an engine of this machine can run the stack and the services, and get their images.

    Raises:
        StackRefusedError: it cannot; the text says why, and what to do.

    """
    with tempfile.TemporaryDirectory() as folder:
        runner = ContainersRunner(RunnerPlan(Path(folder), Path(folder), (), say))
        for service in services:
            runner.prepare(service)
        try:
            backend.check(components, runner.containers, say)
        except EngineError as wrong:
            raise StackRefusedError(f"--stack containers: {wrong}") from None


def _logs_to_stdout(service: Service) -> bool:
    return service.logs is not None and service.logs.source == "stdout"


def _follow(stack: ContainersStack, container: ContainerProcess, file: Path) -> Running:
    """Copy what a container writes, from its beginning on, into a file."""
    argv = (stack.engine.client, "logs", "--follow", container.container)
    return start(ProcessSpec(f"the log of {container.name}", argv, file.parent.parent, file))
