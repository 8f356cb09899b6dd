"""`make up`: the stack on this machine, the reference services under light traffic, and the console, until Ctrl-C.

Real servers where they are found. Without Loki and agent the console reads their stand-in and says so; without
Prometheus its pages of metrics say what is missing.
"""

import asyncio
import contextlib
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import httpx

from fixtures.catalog import load
from stack.backends.base import RunningStack
from stack.components import USUAL
from stack.console.access.scope import EVERYTHING, Role
from stack.console.app import create_app
from stack.console.serve import listen, server_of
from stack.console.settings import SERVICE, SYSTEM, Settings
from stack.console.telemetry import setup_logging
from stack.console.upstream.stand_in import StandInLogs
from suites.collect.runners.base import RunnerPlan
from suites.collect.runners.local import LocalRunner
from suites.core.running_service import RunningService
from suites.core.traffic import provoke
from suites.run.settings import ROOT, STACK

PORT = 4080
PAUSE_S = 2.0
WEB = STACK / "console" / "web" / "dist"


def main() -> int:
    """Run until the process is told to end."""
    work = Path(tempfile.mkdtemp(prefix="observability-up-"))
    # The console runs in this process, so that it can read the stand-ins.
    runner = LocalRunner(RunnerPlan(work, STACK, tuple(name for name in USUAL if name != SERVICE), _say))
    catalog = load(ROOT / "fixtures" / "services").services
    services = [
        runner.prepare(each) for each in catalog if not each.start.local or each.start.local.component != SERVICE
    ]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        asyncio.run(_run(runner, services, work))
    except KeyboardInterrupt:
        pass
    finally:
        _say("stopping")
        runner.stop(services)
        shutil.rmtree(work, ignore_errors=True)
    return 0


async def _run(runner: LocalRunner, services: Sequence[RunningService], work: Path) -> None:
    _say(f"starting the stack and {len(services)} services")
    stack = await asyncio.to_thread(runner.start_stack, services)
    await asyncio.gather(*(asyncio.to_thread(runner.start_service, each) for each in services))
    await asyncio.to_thread(stack.settle)
    for name, component in stack.components.items():
        if component.provenance in ("absent", "embedded"):
            _say(f"{name}: {component.provenance}, {component.detail}")
    for each in services:
        if each.problem:
            _say(f"{each.service.name}: {each.problem}")
    listener, port = _listener()
    password = secrets.token_urlsafe(12)
    settings = _settings(stack, work, port)
    app = create_app(settings, logs=_stand_in(stack))
    app.state.guard.accounts.create("admin", password, Role.ADMIN, [EVERYTHING], [])
    setup_logging(
        {"service": SERVICE, "system": SYSTEM, "environment": settings.environment, "instance": settings.instance},
        settings.log_file(SERVICE),
        stdout=False,
    )
    traffic = asyncio.create_task(_traffic(services))
    _say("")
    page = "console/" if WEB.is_dir() else "api/v1/openapi.json"
    _say(f"  http://localhost:{port}/{page}    name: admin    password: {password}")
    _say("")
    if not WEB.is_dir():
        _say("the pages are not built: run `make console` (needs Node 20.19 or newer); the API is served all the same")
    _say("Ctrl-C ends everything")
    try:
        await server_of(app).serve(sockets=[listener])
    finally:
        traffic.cancel()


def _settings(stack: RunningStack, work: Path, port: int) -> Settings:
    def url(name: str) -> str:
        component = stack.components.get(name)
        return component.endpoint or "" if component and component.provenance == "native" else ""

    return Settings(
        data=work / "console",
        public_url=f"http://localhost:{port}",
        hosts=frozenset({f"127.0.0.1:{port}"}),
        loki=url("loki"),
        loki_simulated=stack.embedded_logs is not None,
        prometheus=url("prometheus"),
        alertmanager=url("alertmanager"),
        dashboards=STACK / "grafana" / "dashboards",
        log_dir=work / "logs",
        web=WEB if WEB.is_dir() else None,
        environment="conformance",
    )


def _stand_in(stack: RunningStack) -> StandInLogs | None:
    return StandInLogs(stack.embedded_logs) if stack.embedded_logs is not None else None


async def _traffic(services: Sequence[RunningService]) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        while True:
            for each in services:
                with contextlib.suppress(httpx.HTTPError):
                    await provoke(http, each)
            await asyncio.sleep(PAUSE_S)


def _listener() -> tuple[socket.socket, int]:
    try:
        return listen(f"127.0.0.1:{PORT}"), PORT
    except OSError:
        listener = listen("127.0.0.1:0")
        return listener, listener.getsockname()[1]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
