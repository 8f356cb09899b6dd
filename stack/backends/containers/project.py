"""One run's compose project: its files and settings, its images, up, and down again whatever happens."""

from __future__ import annotations

import os
import secrets
import sys
from typing import TYPE_CHECKING, Any

from stack.backends.containers import engine_socket
from stack.backends.containers.cleanup import ProjectCleanup, remove_abandoned
from stack.backends.containers.compose import (
    CONTAINER_PORTS,
    PUBLISHED,
    ContainerService,
    PortTakenError,
    ProjectCompose,
    override,
    settings,
)
from stack.backends.containers.engine import Engine, EngineError
from stack.backends.containers.images import Image, images_of
from stack.backends.ports import Ports
from stack.backends.process import ComponentFailed, FileReady, ProcessSpec, Running, start
from stack.backends.supervisor import supervisor
from stack.components import AGENTS, COMPONENTS
from stack.records.config.compose import parse_compose
from stack.servers.pins import cache_root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

FILE = "docker-compose.yml"
PROFILE = "services"
"""The profile of the compose file that has the reference services."""

CONSOLE = "console"

VIEW_S = 30.0
TRIES = 3
"""How often other ports are tried where another process took one meanwhile."""


class Project:
    """A compose project on the shipped file; `work_dir` takes its second file and the view of the engine's socket.

    `folders` are the compose file's variables that name a folder of this machine.
    """

    def __init__(
        self,
        engine: Engine,
        config_dir: Path,
        work_dir: Path,
        services: Sequence[ContainerService] = (),
        folders: Mapping[str, str] | None = None,
        say: Callable[[str], object] = lambda _line: None,
    ) -> None:
        self.name = f"conformance-{os.getpid()}-{secrets.token_hex(3)}"
        self.ports: dict[str, int] = {}
        # In hexadecimal: Redis' password is part of a URL.
        self.credentials = {name: (info.user, secrets.token_hex(18)) for name, info in COMPONENTS.items() if info.user}
        self._engine, self._services, self._say = engine, services, say
        self._config_dir, self._work_dir = config_dir.absolute(), work_dir.absolute()
        self._folders = folders or {}
        self._holder = Ports()
        self._cleanup: ProjectCleanup | None = None
        self._view: Running | None = None
        self.compose = ProjectCompose(
            self._config_dir,
            compose_file_name=[str(self._config_dir / FILE), str(self._work_dir / "run.json")],
            docker_command_path=engine.client,
            profiles=[PROFILE, CONSOLE, *AGENTS],  # which of these is started, the plan says
            wait=False,  # the stack waits for each by itself, and says of each why it is not ready
            project=self.name,
        )
        file = self._config_dir / FILE
        try:
            self._shipped = {each.name: each for each in parse_compose(file.read_text(encoding="utf-8"))}
        except (OSError, ValueError) as wrong:
            raise EngineError(f"{file} cannot be read: {wrong}") from wrong
        self._check_names()

    @property
    def _notes(self) -> Path:
        return cache_root().parent / "projects"

    @property
    def _socket(self) -> Path | None:
        """Where the run's view of the engine's socket is; None where the engine's socket cannot be had like that."""
        return self._work_dir / "docker.sock" if self._engine.socket and sys.platform == "linux" else None

    def prepare(self) -> dict[str, Any]:
        """Choose ports, write the second file, and return both files as compose understands them.

        Raises:
            EngineError: compose refuses them.

        """
        names = [*CONTAINER_PORTS, *PUBLISHED, *(service.name for service in self._services)]
        self.ports = {name: self._holder.take() for name in dict.fromkeys(names)}
        socket = self._socket or self._engine.socket
        own = {**self._folders, **({"DOCKER_SOCKET": str(socket)} if socket else {})}
        self.compose.variables = settings(self.ports, self.credentials, own)
        self._work_dir.mkdir(parents=True, exist_ok=True)
        text = override(self._config_dir, self.ports, self._services, set(self._shipped), self.credentials["console"])
        (self._work_dir / "run.json").write_text(text, encoding="utf-8")
        return self.compose.config()

    def images(self, config: Mapping[str, Any], names: Sequence[str]) -> list[Image]:
        """The images that compose services need."""
        raw = {name: service.raw_image for name, service in self._shipped.items()}
        return images_of(config, raw, names)

    def up(self, names: Sequence[str]) -> None:
        """Create and start the containers of compose services, all at once, without waiting for them to be ready.

        Raises:
            EngineError: it cannot be done.

        """
        for project in remove_abandoned(self._engine.client, self._engine.host, self._notes):
            self._say(f"removed what a killed run had left: {project}")
        if self._socket:
            try:
                self._view = start(self._view_spec(self._socket))
                self._view.wait_ready(VIEW_S)
            except ComponentFailed as failed:
                raise EngineError(str(failed)) from failed
        self._cleanup = ProjectCleanup(supervisor(), self._engine.client, self.name, self._engine.host, self._notes)
        self.compose.services = list(names)
        for left in reversed(range(TRIES)):
            try:
                self.compose.start()
            except PortTakenError as taken:
                if not left:
                    raise
                self._say(f"{taken}; trying other ports")
                self.prepare()
            else:
                return

    def down(self) -> None:
        """Remove everything of the project; calling it again does nothing."""
        cleanup, self._cleanup = self._cleanup, None
        if cleanup is not None:
            try:
                self.compose.stop()
            except EngineError as refused:
                self._say(f"{refused}; what is left of {self.name} will be removed once the engine answers")
                cleanup.take_over()
            else:
                cleanup.done()
        if self._view is not None:
            self._view.stop()
        self._holder.close()

    def containers(self) -> dict[str, str]:
        """The names of the project's containers by compose service."""
        return {str(each.Service): str(each.Name) for each in self.compose.get_containers(include_all=True)}

    def followed(self) -> set[str] | None:
        """The ids of the containers whose logs the agent has begun to follow; None where that cannot be seen."""
        if self._view is None:
            return None
        return set(self._view.spec.stdout.read_text(encoding="utf-8").split())

    def _view_spec(self, socket: Path) -> ProcessSpec:
        return ProcessSpec(
            "the view of the engine's socket",
            (sys.executable, "-I", "-S", engine_socket.__file__, socket.name, str(self._engine.socket), self.name),
            self._work_dir,
            self._work_dir / "docker.sock.out",
            ready=FileReady(socket),
            stderr=self._work_dir / "docker.sock.log",
        )

    def _check_names(self) -> None:
        """See that a service under test does not replace a part of the stack."""
        for service in self._services:
            shipped = self._shipped.get(service.name)
            if shipped is not None and not shipped.builds:
                raise EngineError(
                    f"service `{service.name}` has the name of a component in {self._config_dir / FILE}; rename it, or "
                    f"name the component in its service.yaml: start.containers: {{component: {service.name}}}"
                )
