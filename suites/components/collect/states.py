"""Looks at every component once more at the end of a collection: what died in between is found here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stack.backends.base import Component, RunningStack
from stack.components import COMPONENTS
from stack.records.live.components import ComponentState
from suites.core.evidence import Kind, NotEvaluated

if TYPE_CHECKING:
    from suites.run.settings import Run


def keep_states(run: Run, stack: RunningStack, backend: str) -> list[tuple[ComponentState, str]]:
    """Put the state of every component into the evidence; returns each with the detail that the backend gave."""
    health = stack.health()
    for name in COMPONENTS.keys() - stack.components.keys():
        why = NotEvaluated(f"the {backend} backend does not run {name}")
        if run.target:
            why = NotEvaluated(f"the target file names no `{name}`", applies=False)
        run.store.put(name, {ComponentState: why}, "live")
    return [
        (_kept(run, component, health.get(component.name)), component.detail) for component in stack.components.values()
    ]


def _kept(run: Run, component: Component, problem: str | None) -> ComponentState:
    state = ComponentState(component.name, component.provenance, component.version, component.endpoint, problem)
    kind: Kind = "simulated" if component.provenance == "embedded" else "live"
    absent = NotEvaluated(f"{component.name}: {component.detail}")
    run.store.put(component.name, {ComponentState: absent if component.provenance == "absent" else [state]}, kind)
    return state
