"""The stack in containers: the shipped compose file, by Testcontainers, on whatever engine the docker client uses.

Each run is a compose project with containers, networks and volumes of its own, reached on ports of loopback. What
the run leaves behind is removed by itself or, if it is killed, by its reaper; see `engine_reaper`.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from stack.backends.base import StackPlan
from stack.backends.containers_project import Project
from stack.backends.containers_stack import OPTIONAL, ContainersStack
from stack.backends.engine import EngineError, find_engine
from stack.backends.engine_images import out_of_reach
from stack.components import HIDE_SERVERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stack.backends.containers_compose import ContainerService

SHIPPED = Path(__file__).resolve().parents[1]
OTHER_PROFILES = ("alloy", "consul")
"""What the compose file has for other sites, and a run does not start."""

QUICK_S = 1.0
"""How long `--stack auto` waits for an engine: one that is there answers in milliseconds."""


class ContainersBackend:
    """Starts the components of a plan, and `services` under test beside them, as containers."""

    name = "containers"

    def __init__(self, services: Sequence[ContainerService] = (), say: Callable[[str], None] | None = None) -> None:
        self._services = tuple(services)
        self._say = say or _nothing

    def start(self, plan: StackPlan) -> ContainersStack:
        """Start everything at once and wait until all is ready; see `Backend.start`.

        Raises:
            EngineError: the stack cannot be run on this machine's engine at all.

        """
        stack = ContainersStack(find_engine(), plan, self._services, self._say)
        try:
            stack.launch()
        except BaseException:
            stack.stop()
            raise
        return stack


def check() -> None:
    """See that there is an engine on which the stack can be run.

    Raises:
        EngineError: there is none; the text says what is missing.

    """
    find_engine()


def why_not(config_dir: Path | None = None) -> str | None:
    """Say in one line why `--stack auto` should not take containers; None where it should.

    Quick: no engine is waited for, and nothing is pulled to find out.
    """
    if os.environ.get(HIDE_SERVERS) == "none":
        return f"real servers are hidden by {HIDE_SERVERS}=none"
    try:
        engine = find_engine(QUICK_S)
        with tempfile.TemporaryDirectory() as folder:
            project = Project(engine, config_dir or SHIPPED, Path(folder))
            try:
                config = project.prepare()
                names = [name for name in config["services"] if name not in (*OPTIONAL, *OTHER_PROFILES)]
                return out_of_reach(engine, project.images(config, names))
            finally:
                project.down()
    except EngineError as wrong:
        return str(wrong).partition(", or run the stack without containers")[0]


def _nothing(_line: str) -> None:
    """Say nothing."""
