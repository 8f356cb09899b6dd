"""The services under test as containers: what of them the backend starts, where they answer, and where they log."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fixtures.launch import log_file
from fixtures.service import Service
from stack.backends.base import StackPlan
from stack.backends.containers import backend as containers
from stack.backends.containers.compose import ContainerService
from stack.backends.containers.engine import EngineError
from stack.backends.containers.process import ContainerProcess
from stack.backends.containers.stack import ContainersStack
from stack.backends.process import ComponentFailed, HttpReady, ProcessSpec, Running, start, what_is_missing
from suites.collect.runners.local import READY_TIMEOUT_S, LiveService

SLACK_S = 30.0
"""Seconds that a service gets beyond its own time to become ready: everything starts at once, on few cores."""

FOLLOWED_S = 12.0
"""Seconds for the agent to find a new container: twice its interval, and a little."""

DOCAICHE_LOGS = "/var/log/docaiche"
"""The directory of log files that the compose file mounts of its own accord."""

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


@dataclass
class ContainersPad:
    """What a launchpad is for processes: the services are started with the stack, then found where they answer."""

    work_dir: Path
    say: Callable[[str], object]
    services: list[ContainerService] = field(default_factory=list)
    _stack: ContainersStack | None = None

    @property
    def log_root(self) -> Path:
        """The folder that the agent follows, laid out as `<system>/<service>/<instance>.log`."""
        return self.work_dir / "logs"

    @property
    def _plan_dir(self) -> Path:
        return self.work_dir / "stack"

    def prepare(self, service: Service) -> LiveService:
        """Say what is to be started for a service, and where its log will be."""
        live = LiveService(service)
        how = service.start.containers
        if service.start.attached is not None:
            live.base_url = service.start.attached.url
            if urlsplit(live.base_url).hostname in LOOPBACK:
                live.unscraped = UNREACHED
        elif how is None:
            live.problem, live.expected = "its service.yaml does not say how the containers backend starts it", False
        elif how.component is None:
            folder, live.instance = self._log_folder(service)
            if service.logs is not None and service.logs.format != "none":
                live.log_files = (log_file(service, folder),)
            self.services.append(self._container(service, folder))
        return live

    def start(self, plan: StackPlan) -> ContainersStack:
        """Start the stack with all services that were prepared.

        Raises:
            EngineError: it cannot be done on this machine's engine.

        """
        self._stack = containers.ContainersBackend(self.services, self.say).start(plan)
        return self._stack

    def target(self, live: LiveService) -> str | None:
        """Where Prometheus finds a service: by its name in the network of the run."""
        how = live.service.start.containers
        if live.service.start.attached is not None:
            return None if live.unscraped else live.address
        return f"{live.service.name}:{live.service.metrics.port}" if how and how.component is None else None

    def launch(self, live: LiveService) -> None:
        """Find a service that was started with the stack, and wait until it is ready; `problem` says what is wrong."""
        how, stack = live.service.start.containers, self._stack
        if live.problem or live.service.start.attached is not None or how is None or stack is None:
            return
        live.started_at = stack.started_at
        if how.component is not None:
            live.base_url = stack.endpoint(how.component)
            if live.base_url is None:
                live.problem, live.expected = f"{how.component} is not part of this stack", False
            return
        container = stack.process(live.service.name)
        follower = None
        if live.log_files and _logs_to_stdout(live.service):
            live.instance = container.container
            follower = _follow(stack, container, live.log_files[0])
        live.processes.append(Contained(container, follower))
        live.base_url = stack.service_url(live.service.name)
        ready = live.service.ready
        path = ready.path if ready else live.service.metrics.path
        container.ready = partial(what_is_missing, HttpReady(f"{live.base_url}{path}"))
        try:
            container.wait_ready((ready.timeout_s if ready else READY_TIMEOUT_S) + SLACK_S)
        except ComponentFailed as failed:
            live.problem, live.base_url = str(failed), None
            return
        if follower is not None:  # else the delay of the lines would be that of finding a new container
            stack.wait_followed(live.service.name, FOLLOWED_S)

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

    def _log_folder(self, service: Service) -> tuple[Path, str]:
        """The folder of this machine where a service's log will be, and its `instance` where its place says that."""
        directory = service.logs.directory if service.logs else None
        if directory is None:
            return self.work_dir / "output", ""  # not what the agent follows: it has the containers' own
        if directory == DOCAICHE_LOGS:
            return self._plan_dir / "docaiche-logs", "main"
        folder = self.log_root / service.system / service.name
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)  # the service's user in its container is nobody here
        return folder, ""


def check(config: pytest.Config, services: Iterable[Service]) -> None:
    """See that an engine of this machine can run the stack and the services, and have their images.

    Raises:
        pytest.UsageError: it cannot; the text says why, and how to mend it.

    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    try:
        with tempfile.TemporaryDirectory() as folder:
            pad = ContainersPad(Path(folder), reporter.write_line if reporter else str)
            for service in services:
                pad.prepare(service)
            containers.check(pad.services, pad.say)
    except EngineError as wrong:
        raise pytest.UsageError(f"--stack containers: {wrong}") from None


def _logs_to_stdout(service: Service) -> bool:
    return service.logs is not None and service.logs.source == "stdout"


def _follow(stack: ContainersStack, container: ContainerProcess, file: Path) -> Running:
    """Copy what a container writes, from its beginning on, into a file."""
    argv = (stack.engine.client, "logs", "--follow", container.container)
    return start(ProcessSpec(f"the log of {container.name}", argv, file.parent.parent, file))
