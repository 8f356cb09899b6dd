"""What a collection leaves beside the evidence: what the report says about the run."""

from dataclasses import dataclass, field

from stack.records.live.components import ComponentState
from suites.core.running_service import RunningService


@dataclass
class Collected:
    """The services and components of a run, figures about each service, and how long it took in seconds.

    `components` are paired with what the backend said about each: why this one, or why there is none.
    """

    services: list[RunningService] = field(default_factory=list)
    components: list[tuple[ComponentState, str]] = field(default_factory=list)
    measures: dict[str, dict[str, object]] = field(default_factory=dict)
    backend: str = "local"
    seconds: float = 0.0
