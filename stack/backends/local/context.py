"""What a component's recipe knows of its run, and what it answers: arguments and environment of a process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stack.backends.base import StackPlan
from stack.backends.ports import HOST
from stack.components import COMPONENTS

LOKI_GRPC = "loki-grpc"
"""The name of Loki's second port among the endpoints."""


@dataclass(frozen=True)
class ComponentContext:
    """Where one component runs: its folder, the addresses of all, which of them really run, and the credentials.

    `program` is its executable, None where a stand-in reads its configuration.
    """

    plan: StackPlan
    name: str
    home: Path
    endpoints: Mapping[str, str]
    present: frozenset[str]
    credentials: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    program: Path | None = None

    @property
    def port(self) -> int:
        """Its own port."""
        return int(self.endpoints[self.name].rpartition(":")[2])

    @property
    def address(self) -> str:
        """Its own `host:port`."""
        return f"{HOST}:{self.port}"

    @property
    def config(self) -> Path:
        """Its shipped configuration file."""
        return self.plan.config_dir.absolute() / COMPONENTS[self.name].config_file

    def data(self, name: str = "data") -> Path:
        """Return a folder of its own, made if need be."""
        folder = self.home / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


@dataclass(frozen=True)
class Launch:
    """How a component's program is started: its arguments, and the variables that its configuration expands."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
