"""The alert trial: faults made on purpose, and the alerts on them followed to their receivers and back.

Services are made for it: one answers with errors, one is stopped and started again, a log gets a burst of error lines,
and a service that serves requests has stopped to log them. A real agent brings the lines to a real Loki. The servers
run on the shipped files, see `trial_setup`.

Source: https://prometheus.io/docs/alerting/latest/overview/
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from stack.backends.base import RunningStack, StackPlan, TargetGroup
from stack.backends.local.backend import LocalBackend
from stack.backends.ports import HOST, Ports
from stack.eventually import eventually_or_last
from stack.records.alerts.rules import AlertRule
from stack.records.alerts.trial import AlertTrial
from suites.alerts.collect.trial_setup import Receivers, overlaid, serve
from suites.alerts.collect.trial_steps import ERRORS, LOG_LINES, LOGS, NO_LINES, SILENT, STOPS, Steps, Watched
from suites.alerts.helpers.routing import always_fires

SYSTEM = "trial"
STEP_S = 20.0
"""Seconds on a machine with a free core in which each step must follow the one before."""
READY_S = 30.0
BURST = 120
"""Error lines of the burst."""
LEAVES_S = 15
"""Seconds after which the lines of the burst leave the window of the alert."""
LEFT_S = 60
"""Seconds for which the lines of a service that has stopped to log have left the window of the alert."""


@dataclass
class Service:
    """A service made for the trial, a job of its own: answers scrapes while it is up, its requests failing or not."""

    job: str
    port: int
    failing: bool = False
    requests: int = 0
    errors: int = 0
    _server: ThreadingHTTPServer | None = None

    def up(self) -> None:
        """Listen."""
        self._server = serve(self.port, lambda _path, _body: self._metrics())

    def down(self) -> None:
        """Listen no more; nothing happens where it does not."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _metrics(self) -> str:
        self.requests += 10
        self.errors += 5 if self.failing else 0
        fine = self.requests - self.errors
        return (
            "# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\n"
            f'http_requests_total{{code="200"}} {fine}\nhttp_requests_total{{code="500"}} {self.errors}\n'
        )


async def trial(
    components: Sequence[str],
    work_dir: Path,
    config_dir: Path,
    say: Callable[[str], None],
    step_s: float = STEP_S,
) -> dict[str, list[AlertTrial]]:
    """Carry out the trial on the files below `config_dir`; each step may take `step_s`. Returns trials by subject.

    `components` are what is started: Prometheus and Alertmanager, and for alerts on logs Loki and an agent.

    Raises:
        TrialImpossibleError: the files have no rule or no receiver that a trial could be made of.
        ComponentFailed: a server did not start on them.

    """
    ports, receivers = Ports(), Receivers()
    services = Service(ERRORS, ports.take(), failing=True), Service(STOPS, ports.take()), Service(SILENT, ports.take())
    stack: RunningStack | None = None
    begun = time.monotonic()
    try:
        await receivers.up()
        rules = overlaid(config_dir, work_dir / "stack", receivers)
        for service in services:
            service.up()
        targets = {one.job: [_target(one)] for one in services}
        plan = StackPlan(work_dir, work_dir / "stack", tuple(components), targets, ready_timeout_s=READY_S)
        stack = await asyncio.to_thread(LocalBackend().start, plan)
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            watched = Watched(stack, http, receivers, rules, step_s, begun)
            trials = await asyncio.gather(*_faults(watched, services, work_dir / "logs", "loki" in components))
    finally:
        for service in services:
            service.down()
        receivers.down()
        if stack is not None:
            await asyncio.to_thread(stack.stop)
        ports.close()
    arrived = sum("delivered" in one.reached for one in trials)
    say(f"alert trial: done, {arrived} of {len(trials)} alerts were delivered")
    of_logs = [one for one in trials if one.service in (LOGS, SILENT)]
    return {"alertmanager": [one for one in trials if one not in of_logs], "loki": of_logs}


def _target(service: Service) -> TargetGroup:
    return TargetGroup((f"{HOST}:{service.port}",), {"system": SYSTEM, "service": service.job})


def _faults(watched: Watched, services: Sequence[Service], logs: Path, with_logs: bool) -> list[Any]:
    failing, stopping, _ = services
    errors = Steps(watched, failing.job, "http_requests_total", "half of a service's requests were failing")
    down = Steps(watched, stopping.job, "up", "the service was stopped")
    burst = Steps(watched, LOGS, LOG_LINES, f"a service logged {BURST} error lines at once")
    silence = Steps(watched, SILENT, NO_LINES, "a service that serves requests logged nothing any more")

    async def fails() -> AlertTrial:
        await errors.until_delivered()
        return errors.record()

    async def scraped() -> bool:
        return bool(await watched.prometheus.query(f'up{{job="{stopping.job}"}} == 1'))

    async def stops() -> AlertTrial:
        # It is known to Prometheus before it stops, as a service is that ran.
        await eventually_or_last(scraped, bool, READY_S)
        down.begun = time.monotonic()
        stopping.down()
        await down.until_delivered()
        stopping.up()
        await down.until_resolved()
        return down.record()

    async def logs_errors() -> AlertTrial:
        age = watched.window(LOG_LINES) - timedelta(seconds=LEAVES_S)
        burst.begun = time.monotonic()
        _write(logs, LOGS, "error", age)
        burst.fault += f", dated {age} ago, so that they leave the alert's window within the trial"
        await burst.until_delivered()
        await burst.until_resolved()
        return burst.record()

    async def logs_nothing() -> AlertTrial:
        age = watched.window(NO_LINES) + timedelta(seconds=LEFT_S)
        silence.begun = time.monotonic()
        _write(logs, SILENT, "info", age)
        silence.fault += f": its last line is {age} old"
        await silence.until_delivered()
        _write(logs, SILENT, "info", timedelta(0))
        await silence.until_resolved()
        return silence.record()

    async def nothing(rule: AlertRule) -> AlertTrial:
        always = Steps(
            watched, rule.labels.get("service", ""), "", "nothing: it always fires", watched.begun, rule.name
        )
        await always.until_delivered()
        return always.record()

    switches = [nothing(rule) for rule in watched.rules if always_fires(rule)]
    return [fails(), stops(), *switches, *([logs_errors(), logs_nothing()] if with_logs else [])]


def _write(logs: Path, service: str, level: str, age: timedelta) -> None:
    """Append lines on requests to the log of a service, the first of them that old."""
    path = logs / SYSTEM / service / "main.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(_lines(service, level, datetime.now(UTC) - age))


def _lines(service: str, level: str, begun: datetime) -> Iterator[str]:
    for number in range(BURST):
        line = {
            "timestamp": (begun + timedelta(milliseconds=number)).isoformat(timespec="milliseconds"),
            "level": level,
            "service": service,
            "message": f"request {number} " + ("failed" if level == "error" else "answered"),
            "request_id": f"{service}-{number}",
        }
        yield json.dumps(line) + "\n"
