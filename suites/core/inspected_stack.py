"""A running stack with its health at one moment: what collectors of every area ask before they ask a component."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from stack.backends.attached.backend import at_fault
from stack.backends.base import RunningStack
from suites.core.evidence import NotEvaluated


@dataclass(frozen=True)
class InspectedStack:
    """A running stack, the client to ask it with, and the files it was started from.

    `config_dir` is None where the files are not known (an attached stack). `health` says of every component why it
    does not work, as `RunningStack.health` does. `by_job` are the components that a target file names by their job.
    """

    stack: RunningStack
    http: httpx.AsyncClient
    config_dir: Path | None
    health: Mapping[str, str | None] = field(default_factory=dict)
    by_job: Collection[str] = ()

    def missing(self, name: str) -> NotEvaluated | None:
        """Say why a component cannot be asked; None where it answers."""
        component = self.stack.components.get(name)
        if component is None and name in self.by_job:
            return NotEvaluated(
                f"the target file names {name} by its job alone: without a URL it is not asked", applies=False
            )
        if component is None:
            return NotEvaluated(f"{name} is not part of this run", applies=False)
        if component.provenance in ("absent", "embedded"):
            return NotEvaluated(f"there is no real {name}: {component.detail}")
        problem = self.health.get(name)
        # Without the log lines that follow it: the readiness of the component shows them.
        short = (problem or "").partition("\n")[0].partition("; its last log lines")[0]
        return (
            NotEvaluated(f"because {name} does not work: {short}", because_of=at_fault(name, short))
            if problem
            else None
        )

    def endpoint(self, name: str) -> str | NotEvaluated:
        """Where a component answers, or why it cannot be asked."""
        return self.missing(name) or self.stack.endpoint(name) or NotEvaluated(f"the address of {name} is not known")
