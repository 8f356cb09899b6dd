"""How the services of a run and its stack come to run: one protocol, an implementation for each backend."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fixtures.service import Service
from stack.backends.base import RunningStack
from suites.core.running_service import RunningService

READY_TIMEOUT_S = 15.0
"""How long a service may take to become ready where its catalog entry does not say."""


class StackRefusedError(Exception):
    """The stack cannot be run as asked on this machine; the text says why and what to do."""


@dataclass(frozen=True)
class RunnerPlan:
    """What a runner is given: where to write, the shipped files, and the components to start."""

    work_dir: Path
    config_dir: Path
    components: tuple[str, ...]
    say: Callable[[str], None]

    @property
    def log_root(self) -> Path:
        """The folder that the agent of a started stack reads: `<system>/<service>/<instance>.log`."""
        return self.work_dir / "logs"


class ServiceRunner(Protocol):
    """Runs services and the stack that observes them, or finds them where they run.

    Used in this order: `prepare` for every service, `start_stack`, `start_service` for each, `stop`.
    """

    stack_first: bool
    """Whether nothing may begin before the stack has been started."""

    def prepare(self, service: Service) -> RunningService:
        """Give a service its address and log files before anything is started."""

    def address(self, running: RunningService) -> str | None:
        """Where Prometheus scrapes a service (`host:port`); None where it must not try."""

    def start_stack(self, services: Sequence[RunningService]) -> RunningStack:
        """Start the stack, or attach to it.

        Raises:
            StackRefusedError: it cannot be run as asked.

        """

    def needs_stack(self, running: RunningService) -> bool:
        """Whether a service can only be started once the stack runs."""

    def start_service(self, running: RunningService) -> None:
        """Start a service and wait until it is ready; what went wrong is its `problem`."""

    def own_timeout(self, running: RunningService) -> bool:
        """Let Prometheus scrape a service with its own timeout; False where that is not ours to say."""

    def stop(self, services: Sequence[RunningService]) -> None:
        """End the services, then the stack; calling it again does nothing."""
