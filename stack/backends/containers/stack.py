"""A running stack of containers; see `containers`."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stack.backends.base import Component, StackPlan, TargetGroup, UntilStopped
from stack.backends.containers.engine import Engine, EngineError
from stack.backends.containers.images import explain, provide
from stack.backends.containers.process import ContainerProcess, States
from stack.backends.containers.project import Project
from stack.backends.containers.targets import write_discovery
from stack.backends.finished_run import write_finished_run
from stack.backends.ports import HOST, address_of
from stack.backends.process import ComponentFailed, HttpReady, what_is_missing
from stack.backends.versions import version_of
from stack.components import COMPONENTS
from stack.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stack.backends.containers.compose import ContainerService

OPTIONAL = frozenset(name for name, info in COMPONENTS.items() if not info.required)
"""Components without which the rest is of use all the same: absent, with the reason, where their image is not here."""

READY_S = 90.0
"""Seconds that a component gets to become ready, if the plan does not give it more: a cold engine needs them."""

PING_S = 10.0


class ContainersStack(UntilStopped):
    """A stack of containers, one compose project."""

    embedded_logs = None

    def __init__(
        self, engine: Engine, plan: StackPlan, services: Sequence[ContainerService], say: Callable[[str], object]
    ) -> None:
        self.components: dict[str, Component] = {}
        self.started_at = 0.0
        self._engine, self._plan, self._services, self._say = engine, plan, tuple(services), say
        self._work_dir = plan.work_dir.absolute()
        self._containers: dict[str, ContainerProcess] = {}
        self._names: list[str] = []
        folders = {
            "SERVICE_LOGS": self.service_logs,
            "DOCAICHE_LOGS": self.docaiche_logs,
            "PROMETHEUS_DISCOVERY": self._discovery_folder,
            "TEXTFILE_METRICS": write_finished_run(self._work_dir),
        }
        variables = {**{name: str(path) for name, path in folders.items()}, **plan.env}
        self._project = Project(engine, plan.config_dir, self._work_dir, self._services, variables, say)
        self.credentials = dict(self._project.credentials)

    @property
    def docaiche_logs(self) -> Path:
        """The folder of this machine that holds DocAIche's log files."""
        return self._work_dir / "docaiche-logs"

    @property
    def service_logs(self) -> Path:
        """The folder of this machine with log files as `<system>/<service>/<instance>.log`."""
        glob = self._plan.log_glob
        return Path(glob).absolute().parents[2] if glob else self._work_dir / "logs"

    @property
    def engine(self) -> Engine:
        """The engine that runs it."""
        return self._engine

    @property
    def _discovery_folder(self) -> Path:
        return self._work_dir / "discovery"

    def launch(self) -> None:
        """Start the components of the plan and the services; called once by the backend.

        Raises:
            EngineError: it cannot be done; what was started is removed by `stop`.

        """
        self._make_folders()
        self._names = self._provide(self._project.prepare())
        self.set_targets(self._plan.targets)
        self.started_at = time.time()
        self._project.up(self._names)
        self._adopt()
        with ThreadPoolExecutor(len(self.components)) as pool:
            list(pool.map(self._wait_for, [one.name for one in self.components.values() if one.endpoint]))

    def endpoint(self, name: str) -> str | None:
        """Return a component's base URL, None where it is absent or not part of the plan."""
        component = self.components.get(name)
        return component.endpoint if component else None

    def service_url(self, name: str) -> str:
        """Return the base URL of a service under test."""
        return f"http://{HOST}:{self._project.ports[name]}"

    def wait_followed(self, name: str, timeout_s: float) -> None:
        """Wait until the agent follows the output of a container: it looks for new ones every few seconds.

        Ends at the deadline in any case: what the agent does not collect is missed in the store.
        """
        container = self._containers[name]

        def follows() -> bool:
            followed = self._project.followed()
            return followed is None or container.id in followed

        with contextlib.suppress(TimeoutError):
            eventually(follows, bool, timeout_s, describe=f"the agent follows {name}")

    def process(self, name: str) -> ContainerProcess:
        """Return the container of a component or service, to kill or restart it.

        Raises:
            KeyError: there is none.

        """
        return self._containers[name]

    def settle(self) -> None:
        """Nothing is left: the start waits for every container."""

    def health(self) -> dict[str, str | None]:
        """Say of every component that is not absent why it does not work now; None where it does."""
        present = [name for name, part in self.components.items() if part.provenance != "absent"]
        with ThreadPoolExecutor(max(1, len(present))) as pool:
            return dict(zip(present, pool.map(lambda name: self._containers[name].problem(), present), strict=True))

    def set_targets(self, targets: Mapping[str, Sequence[TargetGroup]]) -> None:
        """Replace the services that Prometheus scrapes, beside the deployed targets of what is started.

        Raises:
            ValueError: a job has the name of one of the stack's components.

        """
        clash = sorted(COMPONENTS.keys() & targets.keys())
        if clash:
            raise ValueError(f"job `{clash[0]}` has the name of a component of the stack; rename the service")
        write_discovery(self._plan.config_dir.absolute(), self._discovery_folder, self._names, targets)

    def listening(self, name: str) -> tuple[str, ...] | None:
        """Return the published ports of a component's container; None where it has none here."""
        return self._containers[name].published if name in self._containers else None

    def stop(self) -> None:
        """Remove everything that was started; calling it again does nothing."""
        self._project.down()

    def _make_folders(self) -> None:
        for folder in (self.service_logs, self._discovery_folder):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755)
        # The service's user in its container is nobody here.
        self.docaiche_logs.mkdir(parents=True, exist_ok=True)
        self.docaiche_logs.chmod(0o777)

    def _provide(self, config: Mapping[str, Any]) -> list[str]:
        """Have the images of everything, and return the compose services to start."""
        unknown = [name for name in self._plan.components if name not in config["services"]]
        for name in unknown:
            self.components[name] = Component(name, "absent", detail=f"the compose file has no service `{name}`")
        wanted = [name for name in self._plan.components if name not in unknown]
        wanted += [service.name for service in self._services]
        images = self._project.images(config, wanted)
        reasons = provide(self._engine, self._project.compose, images, self._say)
        may_lack = OPTIONAL | (COMPONENTS.keys() & {image.service for image in images if image.left_out})
        if reasons.keys() - may_lack:
            raise EngineError(explain(images, {name: why for name, why in reasons.items() if name not in may_lack}))
        for name in reasons:
            self.components[name] = Component(name, "absent", detail=reasons[name])
        for image in images:
            if image.service in COMPONENTS and image.service not in reasons:
                self.components[image.service] = Component(image.service, "container", detail=image.reference)
        return [name for name in wanted if name not in reasons]

    def _adopt(self) -> None:
        """Take hold of the containers that compose made."""
        made = self._project.containers()
        states = States(self._engine, list(made.values()))
        for name in self._names:
            if name not in made:
                raise EngineError(f"compose started no container for `{name}`; is its number of replicas 0?")
            container = ContainerProcess(self._engine, states, name, made[name])
            container.keep_logs(self._keep)
            self._containers[name] = container
            if name in self.components:
                endpoint = address_of(name, self._project.ports[name]) + COMPONENTS[name].sub_path
                self.components[name] = replace(self.components[name], endpoint=endpoint)
                container.ready = self._ready_check(name, endpoint)

    def _ready_check(self, name: str, endpoint: str) -> Callable[[], str]:
        path = COMPONENTS[name].ready_path
        if path:
            return partial(what_is_missing, HttpReady(f"{endpoint}{path}"))
        # The engine's proxy takes connections for a container that does not.
        return partial(_redis_missing, self._project.ports[name])

    def _wait_for(self, name: str) -> None:
        component = self.components[name]
        try:
            self._containers[name].wait_ready(max(READY_S, self._plan.ready_timeout_s))
        except ComponentFailed as error:
            self.components[name] = replace(component, version=_tag(component.detail), detail=str(error))
            return
        stated = version_of(name, component.endpoint or "", self.credentials.get(name))
        self.components[name] = replace(component, version=stated or _tag(component.detail))

    def _keep(self, name: str, text: str) -> str:
        """Put away the log of a container that did not start: the container goes, the log stays."""
        folder = Path(tempfile.gettempdir()) / f"{self._project.name}-logs"
        file = folder / f"{name}.log"
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # logs may hold what only their owner may read
            file.write_text(text, encoding="utf-8")
        return str(file)


def _tag(reference: str) -> str | None:
    """The version in an image's tag; None where it is named by a digest alone, or by nothing."""
    tag = reference.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return tag.removeprefix("v") or None


def _redis_missing(port: int) -> str:
    """Say what is missing until Redis answers, if only that it wants to know who asks."""
    try:
        with socket.create_connection((HOST, port), timeout=PING_S) as connection:
            connection.sendall(b"PING\r\n")
            answer = connection.recv(64)
    except OSError as error:
        return f"{HOST}:{port}: {error or type(error).__name__}"
    return "" if answer.startswith((b"+PONG", b"-NOAUTH")) else f"{HOST}:{port} answered {answer[:40]!r}"
