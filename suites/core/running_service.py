"""A service as it runs in a run: where it answers, where it logs, or why it does not run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fixtures.service import ANY, Service
from stack.backends.attached.target_file import TargetFile
from stack.components import instance_of


def stream_labels(service: Service, target: TargetFile) -> dict[str, str]:
    """The labels that select the streams of a service of an attached stack.

    The target file's come first, then the fixed ones of its catalog entry. Where the entry says nothing of its own, it
    is the label by which the site names services.
    """
    named = target.services.get(service.name)
    if named and named.logs:
        return dict(named.logs)
    declared = {name: value for name, value in (service.logs.labels if service.logs else {}).items() if value != ANY}
    if target.service_label and declared.items() <= {"service": service.name, "system": service.system}.items():
        return {target.service_label: service.name}
    return declared or {target.service_label or "service": service.name}


DOCAICHE_LOGS = "/var/log/docaiche"
"""The folder of log files whose path has no instance, see the agent's configuration."""


def container_instance(service: Service) -> str:
    """The label `instance` of a service's first container, by where the log agent has its lines from."""
    logs = service.logs
    if logs is None or logs.directory is None:
        return instance_of(service.name)
    return "main" if logs.directory == DOCAICHE_LOGS or not logs.file else Path(logs.file).stem


NO_METRICS = "its service.yaml declares no metrics"


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
    is known of its log; None where we started it. `own_log` is the file that a service which we did not start writes
    on this machine, and which no agent of ours reads. `instance` is the value of that label where the name of the log
    file does not give it, see `log_instance`; `unscraped` says why the stack's Prometheus cannot reach the service.
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
    own_log: Path | None = None
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

    @property
    def log_instance(self) -> str:
        """The label `instance` of its log streams, and so of its series; empty where an agent of ours reads no log.

        It follows from the layout of log files, see the agent's configuration; of a container it is the name.
        """
        return self.instance or (self.log_files[0].stem if self.log_files else "")

    def died(self) -> str | None:
        """Say why a process of the service has ended, None while all run."""
        return next((reason for process in self.processes if (reason := process.reason())), None)

    def stop(self) -> None:
        """End its processes, the service first."""
        for process in reversed(self.processes):
            process.stop()
