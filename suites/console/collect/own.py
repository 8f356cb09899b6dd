"""Starts a console of this checkout for a trial: in this process, on loopback, on the servers of the stack."""

import asyncio
import contextlib
import logging
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stack.console.access.scope import EVERYTHING, Role
from stack.console.app import create_app
from stack.console.serve import listen, server_of
from stack.console.settings import AUDIT, SERVICE, SYSTEM, Settings
from stack.console.telemetry import JsonFormatter
from stack.console.terminal.config import Target, TerminalConfig
from stack.console.upstream.loki import LogSource
from suites.console.collect.asking import Account, Console
from suites.console.collect.lines import SYSTEM as TRIAL
from suites.console.collect.trial import Lines, Own

ADMIN = "admin"
STARTED_S = 30.0
LOGGERS = ("console", "uvicorn")


@dataclass(frozen=True)
class TrialSettings(Settings):
    """Settings whose log files stand beside those of the stack's console, under a name of their own."""

    def log_file(self, service: str) -> Path:
        """Where the lines go, laid out as the agent reads them."""
        return (self.log_dir or self.data) / TRIAL / f"trial-{service}" / f"{self.instance}.log"


Make = Callable[[Settings, LogSource | None], Any]
"""What builds the application, a FastAPI."""


def _make(settings: Settings, logs: LogSource | None) -> Any:
    return create_app(settings, logs=logs)


@asynccontextmanager
async def own_console(
    folder: Path,
    lines: Lines | None,
    no_lines: str = "",
    logs: LogSource | None = None,
    make: Make = _make,
    **servers: Any,
) -> AsyncIterator[tuple[Console, Own]]:
    """Run a console with its data in `folder`; `servers` are the settings that name those behind it.

    `logs` stands in for Loki. `make` builds the application.
    """
    listener = listen("127.0.0.1:0")
    host = "{}:{}".format(*listener.getsockname()[:2])
    settings = TrialSettings(
        data=folder / "data",
        public_url=f"http://{host}",
        proxies=(),  # no gateway is before it, so no header about an address is to be believed
        log_dir=lines.folder if lines else folder / "logs",
        instance="main",
        **servers,
    )
    password = secrets.token_urlsafe(18)
    begun = time.time_ns() - 60 * 10**9
    with _logged(settings):
        async with _ssh_host(folder) as host_of_terminal, contextlib.AsyncExitStack() as running:
            targets = {each.name: each for each in host_of_terminal}
            settings = replace(settings, terminal=TerminalConfig(targets))
            console = await running.enter_async_context(_serving(make(settings, logs), listener, password))
            secure = listen("127.0.0.1:0")
            named = "https://{}:{}".format(*secure.getsockname()[:2])
            behind_tls = replace(settings, data=folder / "with-tls", log_dir=None, public_url=named)
            with_tls = await running.enter_async_context(_serving(make(behind_tls, logs), secure, password))
            files = [settings.log_file(SERVICE), settings.log_file(AUDIT)]
            stream = f'{{service="trial-{AUDIT}"}}'
            admin = Account("admin", ADMIN, password)
            yield console, Own(admin, files, stream, begun, lines, no_lines, next(iter(targets), ""), with_tls)


@asynccontextmanager
async def _serving(app: Any, listener: socket.socket, password: str) -> AsyncIterator[Console]:
    """Serve an application, whose admin has this password."""
    await asyncio.to_thread(app.state.guard.accounts.create, ADMIN, password, Role.ADMIN, [EVERYTHING], [])
    server = server_of(app, signals=False)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    console = Console("http://{}:{}".format(*listener.getsockname()[:2]))
    try:
        async with asyncio.timeout(STARTED_S):
            while not server.started and not serving.done():
                await asyncio.sleep(0.01)
        yield console
    finally:
        await console.close()
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        listener.close()


@asynccontextmanager
async def _ssh_host(folder: Path) -> AsyncIterator[list[Target]]:
    """An SSH server in this process, whose shell says something and then waits; none without asyncssh."""
    try:
        import asyncssh
    except ImportError:  # an extra of the console
        yield []
        return

    async def shell(process: Any) -> None:
        process.stdout.write("a shell\n")
        await process.stdin.read()
        process.exit(0)

    host_key, key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    private = folder / "trial.key"
    folder.mkdir(parents=True, exist_ok=True)
    private.touch(0o600)
    key.write_private_key(private)
    allowed = asyncssh.import_authorized_keys(key.export_public_key().decode())
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[host_key], authorized_client_keys=allowed, process_factory=shell
    )
    try:
        known = host_key.export_public_key().decode().strip()
        yield [Target("trial", "127.0.0.1", "trial", known, private, server.get_port())]
    finally:
        server.close()
        await server.wait_closed()


@contextmanager
def _logged(settings: Settings) -> Iterator[None]:
    """Write what the console logs to its file, and only there."""
    file = settings.log_file(SERVICE)
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(JsonFormatter({"service": SERVICE, "system": SYSTEM, "instance": settings.instance}))
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(each.level, each.propagate) for each in loggers]
    for each in loggers:
        each.setLevel(logging.INFO)
        each.propagate = False
        each.addHandler(handler)
    try:
        yield
    finally:
        for each, (level, propagate) in zip(loggers, before, strict=True):
            each.removeHandler(handler)
            each.setLevel(level)
            each.propagate = propagate
        handler.close()
