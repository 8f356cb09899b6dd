"""The stack in containers: the shipped compose file, by Testcontainers, on whatever engine the docker client uses.

Each run is a compose project with containers, networks and volumes of its own, reached on ports of loopback. What
the run leaves behind is removed by itself or, if it is killed, by its supervisor; see `cleanup`.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stack.backends.containers.engine import EngineError, find_engine
from stack.backends.containers.images import LEFT_OUT, explain, out_of_reach, provide
from stack.backends.containers.project import Project
from stack.backends.containers.stack import OPTIONAL, ContainersStack
from stack.components import COMPONENTS, USUAL
from stack.servers.find import SERVERS_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stack.backends.base import StackPlan
    from stack.backends.containers.compose import ContainerService
    from stack.backends.containers.engine import Engine

SHIPPED = Path(__file__).resolve().parents[2]
OTHER_PROFILES = ("consul",)
"""What the compose file has for other sites, beside components, and a run does not start."""

QUICK_S = 10.0
"""How long `--stack auto` waits for an engine: where there is none, its client says so at once."""


class ContainersBackend:
    """Starts the components of a plan, and `services` under test beside them, as containers."""

    name = "containers"

    def __init__(self, services: Sequence[ContainerService] = (), say: Callable[[str], object] | None = None) -> None:
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


def check(components: Sequence[str], services: Sequence[ContainerService], say: Callable[[str], object]) -> None:
    """See that there is an engine on which `components` and `services` can be run, and have the images they need.

    Raises:
        EngineError: something is missing; the text says what, and how to fix it.

    """
    engine = find_engine()
    with _trying(engine, SHIPPED, services) as project:
        images = project.images(project.prepare(), [*_required(components), *(service.name for service in services)])
        images = [image for image in images if not image.left_out]
        reasons = provide(engine, project.compose, images, say)
    if reasons:
        raise EngineError(explain(images, reasons))


def why_not(config_dir: Path = SHIPPED, *, stand_ins_are_better: bool = True) -> str | None:
    """Say in one line why `--stack auto` should not take containers; None where it should.

    Without `stand_ins_are_better`, why `--stack containers` would be refused. Quick: no engine is waited for, and
    nothing is pulled to find out.
    """
    if os.environ.get(SERVERS_VARIABLE) == "none":
        return f"real servers are hidden by {SERVERS_VARIABLE}=none"
    try:
        engine = find_engine(QUICK_S)
        with _trying(engine, config_dir) as project:
            config = project.prepare()
            services = [name for name in config["services"] if name not in COMPONENTS and name not in OTHER_PROFILES]
            images = project.images(config, [*_required(USUAL), *services])
            for image in images if stand_ins_are_better else ():
                if image.left_out and COMPONENTS[image.service].stand_in:
                    return f"{image.variable}={LEFT_OUT} leaves {image.service} out, which local processes stand in for"
            return out_of_reach(engine, [image for image in images if not image.left_out])
    except EngineError as wrong:
        return str(wrong).partition(", or run the stack without containers")[0]


@contextmanager
def _trying(engine: Engine, config_dir: Path, services: Sequence[ContainerService] = ()) -> Iterator[Project]:
    """A project that is not started."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(engine, config_dir, Path(folder), services)
        try:
            yield project
        finally:
            project.down()


def _required(components: Sequence[str]) -> list[str]:
    """Those that a run cannot do without."""
    return [name for name in components if name not in OPTIONAL]


def _nothing(_line: str) -> None:
    """Say nothing."""
