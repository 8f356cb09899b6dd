"""What a collection leaves beside the evidence: what the report says about the run."""

from dataclasses import dataclass, field

from stack.records.live.components import ComponentState
from suites.core.pictures import Picture, Timeline
from suites.core.running_service import RunningService


@dataclass
class Collected:
    """The services and components of a run, figures about each service, pictures and timelines, and its seconds.

    `components` are paired with what the backend said about each: why this one, or why there is none.
    """

    services: list[RunningService] = field(default_factory=list)
    components: list[tuple[ComponentState, str]] = field(default_factory=list)
    measures: dict[str, dict[str, object]] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    timelines: list[Timeline] = field(default_factory=list)
    backend: str = "local"
    seconds: float = 0.0
