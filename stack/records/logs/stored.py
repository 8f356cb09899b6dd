"""What a service does by its metrics, beside what the log store has of it; its log files are out of reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stack.text.typed import FromYaml

TOLERATED_S = 5.0
"""How far the newest line may be ahead of now: clocks differ a little."""


@dataclass(frozen=True, slots=True)
class StoredActivity(FromYaml):
    """The requests that a service has served within `window_s`, and its stored lines of that time.

    `selector` selects its streams. `requests` and `server_errors` are what its counters gained, None where it has no
    counter of requests, or none with their status; `refused`: Prometheus did not say. `lines` counts its stored lines
    by the label for levels. `newest_age_s` is the age of the newest line (negative: it is from the future), None where
    there is none. `arriving_age_s` is how old lines are by their times that arrive now, where none is within the
    window; None where none arrive either, or that was not looked for.
    """

    selector: str
    window_s: float
    requests: float | None = None
    server_errors: float | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    newest_age_s: float | None = None
    arriving_age_s: float | None = None
    refused: bool = False

    @property
    def ahead(self) -> bool:
        """Whether the newest line is from the future."""
        return self.newest_age_s is not None and self.newest_age_s < -TOLERATED_S
