"""What a long-running stack still answers that should be gone by now: a look that changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml


@dataclass(frozen=True, slots=True)
class OldStream:
    """A stream with a line that is too old: its labels in LogQL, and the age of that line in seconds."""

    stream: str
    age_s: float


@dataclass(frozen=True, slots=True)
class RetentionObservation:
    """The streams of a log store that still answer with lines older than seven days and `slack_s` seconds.

    `slack_s` is what a working compactor of this configuration may need. `asked` streams had something in the index
    for that time and were asked for a line, `streams` are those that had one.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("loki",)

    component: str
    slack_s: float
    asked: int = 0
    streams: tuple[OldStream, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML; `streams` maps a stream in LogQL to the age of its line in seconds."""
        data = yaml.safe_load(text)
        data["streams"] = tuple(OldStream(stream, age) for stream, age in data.get("streams", {}).items())
        return cls(**data)
