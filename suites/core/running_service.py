"""A service as it runs in a run: where it answers, where it logs, or why it does not run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fixtures.service import Service


class ServiceProcess(Protocol):
    """What runs for a service and is to be stopped after it."""

    def reason(self) -> str | None:
        """Say why it does not run, None while it does."""

    def stop(self) -> None:
        """End it."""


@dataclass
class RunningService:
    """A service of the catalog in this run.

    `base_url` is without a path; `started_at` in seconds since the epoch. `log_files` are what the agent tails.
    `problem` says why it does not run; `expected` is False where it cannot run here at all. `no_traffic` says why it
    gets no requests. `stream_labels` select its log streams where it runs elsewhere, so that the log store is all that
    is known of its log; None where we started it. `instance` is the value of that label where the name of the log file
    does not give it; `unscraped` says why the stack's Prometheus cannot reach the service.
    """

    service: Service
    base_url: str | None = None
    problem: str | None = None
    expected: bool = True
    log_files: tuple[Path, ...] = ()
    started_at: float = 0.0
    processes: list[ServiceProcess] = field(default_factory=list)
    no_traffic: str | None = None
    stream_labels: dict[str, str] | None = None
    instance: str = ""
    unscraped: str | None = None

    @property
    def metrics_url(self) -> str | None:
        """Where its metrics are, None where it does not run."""
        return self.base_url and f"{self.base_url}{self.service.metrics.path}"

    @property
    def address(self) -> str | None:
        """Its `host:port`, as a scrape target names it."""
        return self.base_url and self.base_url.partition("://")[2]

    def died(self) -> str | None:
        """Say why a process of the service has ended, None while all run."""
        return next((reason for process in self.processes if (reason := process.reason())), None)

    def stop(self) -> None:
        """End its processes, the service first."""
        for process in reversed(self.processes):
            process.stop()
