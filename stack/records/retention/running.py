"""Retention of a running Loki: the compactor's runs by its own metrics, and expired data that queries still return.

Source: https://grafana.com/docs/loki/latest/operations/storage/retention/ and the metrics of `pkg/compactor`.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from stack.records.exposition.exposition import Exposition
from stack.text.durations import SEVEN_DAYS
from stack.text.plain_yaml import plain_yaml
from stack.text.typed import FromYaml, structure

LAST_SUCCESS = "loki_compactor_apply_retention_last_successful_run_timestamp_seconds"
RUNS = "loki_compactor_apply_retention_operation_total"
COMPACTIONS = "loki_boltdb_shipper_compact_tables_operation_total"
STARTED = "process_start_time_seconds"


@dataclass(frozen=True, slots=True)
class CompactorRuns(FromYaml):
    """The compactor's runs as seen at `now`; times in Unix seconds, durations in seconds.

    `interval_s` is the interval at which the running server applies retention. `last_success` is 0 where no run has
    succeeded since the start, None where the server does not expose the metric at all.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("loki",)

    now: float
    started: float
    interval_s: float
    last_success: float | None
    succeeded: int = 0
    failed: int = 0
    compactions: int = 0

    @property
    def uptime_s(self) -> float:
        """How long the server has been running, in seconds."""
        return self.now - self.started

    @classmethod
    def read(cls, metrics: str, interval_s: float, now: float) -> Self:
        """Read the record from the text of Loki's `/metrics`."""
        wanted = (LAST_SUCCESS, RUNS, COMPACTIONS, STARTED)
        # Loki exposes thousands of lines; four families of them are of interest.
        lines = [line for line in metrics.splitlines() if line.removeprefix("# TYPE ").startswith(wanted)]
        found: dict[tuple[str, str], float] = {
            (sample.name, dict(sample.labels).get("status", "")): sample.value
            for sample in Exposition.parse("\n".join(lines) + "\n").samples()
        }
        return cls(
            now=now,
            started=found.get((STARTED, ""), now),
            interval_s=interval_s,
            last_success=found.get((LAST_SUCCESS, "")),
            succeeded=int(found.get((RUNS, "success"), 0)),
            failed=int(found.get((RUNS, "failure"), 0)),
            compactions=int(found.get((COMPACTIONS, "success"), 0)),
        )


def words(duration_s: float) -> str:
    """A duration in hours and minutes, below two minutes in seconds: `27h 46m`, `5h`, `15m`, `12s`."""
    if duration_s < 120:
        return f"{duration_s:.0f}s"
    hours, minutes = divmod(round(duration_s / 60), 60)
    return " ".join(f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m")) if number)


@dataclass(frozen=True, slots=True)
class OldStream:
    """A stream with a line that is too old: its labels in LogQL, and the age of that line in seconds."""

    stream: str
    age_s: float


@dataclass(frozen=True, slots=True)
class RetentionObservation:
    """The streams, or series of Prometheus, that a store still returns beyond `promised_s` and `slack_s` seconds.

    `slack_s` is what a working compactor of this configuration may need. `asked` streams were in the index for that
    time and were queried (where none was, it counts those of the last day that is kept), `streams` are those that
    returned a line.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("loki", "prometheus")

    component: str
    slack_s: float
    asked: int = 0
    promised_s: float = SEVEN_DAYS
    streams: tuple[OldStream, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML; `streams` maps a stream in LogQL to the age of its line in seconds."""
        data = plain_yaml(text)
        streams = [{"stream": stream, "age_s": age} for stream, age in data.get("streams", {}).items()]
        return structure({**data, "streams": streams}, cls)
