"""What every backend is: a plan goes in, a running stack comes out, and the stack says what it is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, Self

from stack.components import AGENTS, USUAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stack.embedded.stack import EmbeddedLogs

Provenance = Literal["container", "native", "embedded", "attached", "absent"]


@dataclass(frozen=True)
class Component:
    """One component as it was started.

    `provenance` says what stands behind its answers; `version` is the server's own word, None where there is none;
    `endpoint` is its base URL (`redis://…` for Redis); `detail` says why it is absent, embedded or not ready.
    """

    name: str
    provenance: Provenance
    version: str | None = None
    endpoint: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class TargetGroup:
    """Addresses that Prometheus scrapes, with the labels they carry: one entry of a `file_sd` file."""

    targets: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StackPlan:
    """What a run asks of a backend.

    `work_dir` takes everything that is written; `config_dir` holds the shipped files (`stack/`) and is only read.
    `targets` are the services under test by job name; `log_glob` is the pattern of the log files that the agent
    follows; `env` reaches every server and its configuration's `${…}` expansion. Local processes write their
    own logs to `<own_logs>/<component>/<component>-1.log`, if given: the agent reads them, as it does of containers.
    `late` are components whose readiness `RunningStack.settle` waits for, not the start.
    """

    work_dir: Path
    config_dir: Path
    components: tuple[str, ...] = USUAL
    targets: Mapping[str, Sequence[TargetGroup]] = field(default_factory=dict)
    log_glob: str = ""
    own_logs: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    ready_timeout_s: float = 30.0
    late: tuple[str, ...] = ()


class EmbeddedFactory(Protocol):
    """Makes the stand-in for agent and store from their shipped configuration files.

    `environment` holds the variables that both files expand.

    Raises:
        NotSimulated: the configuration uses what the stand-in does not know.
        ConfigError: the real servers would refuse it too.

    """

    def __call__(self, promtail_config: Path, loki_config: Path, environment: Mapping[str, str], /) -> EmbeddedLogs:
        """Make it."""


class Controlled(Protocol):
    """A component's process or container, as a test of faults handles it."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def alive(self) -> bool:
        """Whether it runs."""

    def reason(self) -> str | None:
        """Say why it does not run, None while it does."""

    def problem(self) -> str | None:
        """Look now: say why it does not do its work, None if it does."""

    def log_tail(self) -> str:
        """The last lines that it wrote."""

    def kill(self) -> None:
        """End it at once, as a crash would; it stays down until `restart`."""

    def stop(self) -> None:
        """End it politely, then for certain."""

    def restart(self, timeout_s: float = ...) -> None:
        """Stop it if it runs, start it again at the same address, and wait until it is ready."""


class RunningStack(Protocol):
    """A started stack; a context manager that stops it."""

    @property
    def components(self) -> Mapping[str, Component]:
        """Every component of the plan, the absent ones included, by name."""

    @property
    def credentials(self) -> Mapping[str, tuple[str, str]]:
        """User and password by component, for those that ask for them and where they are known here."""

    @property
    def embedded_logs(self) -> EmbeddedLogs | None:
        """The stand-in for agent and store, read like a Loki client; None where real servers serve, or nothing."""

    def endpoint(self, name: str) -> str | None:
        """Return a component's base URL, None where it is absent or embedded."""

    def settle(self) -> None:
        """Wait for the components that the start did not wait for."""

    def health(self) -> dict[str, str | None]:
        """Say of every component that is not absent why it does not work now; None where it does."""

    def set_targets(self, targets: Mapping[str, Sequence[TargetGroup]]) -> None:
        """Replace the services that Prometheus scrapes; it notices by itself."""

    def process(self, name: str) -> Controlled:
        """Return a component's process or container, to kill or restart it; KeyError where it has none."""

    def listening(self, name: str) -> tuple[str, ...] | None:
        """Return the addresses (`host:port`) that a component can be reached at from outside its own network.

        Those of its sockets where it is a process here, its published ports where it is a container; None where
        neither can be seen.
        """

    def stop(self) -> None:
        """End everything that was started."""

    def __enter__(self) -> Self:
        """Return itself."""

    def __exit__(self, *_: object) -> None:
        """Stop."""


class UntilStopped:
    """What makes a stack a context manager that stops it."""

    def stop(self) -> None:
        """End everything that was started."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def agent_of(components: Mapping[str, Component]) -> str:
    """The name of a stack's log agent: the one that it has, else the usual one."""
    present = [name for name in AGENTS if name in components and components[name].provenance != "absent"]
    return (present or [name for name in AGENTS if name in components] or [AGENTS[0]])[0]


class Backend(Protocol):
    """A way to run the stack."""

    name: str

    def start(self, plan: StackPlan) -> RunningStack:
        """Start what the plan names and wait until it is ready.

        A component that does not come up is no exception: `health` says why, and the rest of the stack serves.
        """
