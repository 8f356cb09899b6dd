"""A console of the suite's own on a stand-in for Loki, for trials that need no server."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

from stack.clients.http import tls
from stack.console.app import create_app
from stack.console.settings import Settings
from stack.console.upstream.loki import LogSource
from stack.console.upstream.stand_in import StandInLogs
from stack.embedded.stack import EmbeddedLogs
from suites.console.collect.asking import Console
from suites.console.collect.own import own_console
from suites.console.collect.trial import BULK, Lines, Own

STACK = Path(__file__).parents[2] / "stack"


@asynccontextmanager
async def console_on_stand_ins(
    folder: Path, change: Callable[[FastAPI], None] = lambda _: None, bulk: int = BULK
) -> AsyncIterator[tuple[Console, Own, Lines]]:
    """Run a console whose application was changed; with where its lines are written to and read from."""

    def make(settings: Settings, logs: LogSource | None) -> FastAPI:
        app = create_app(settings, httpx.AsyncHTTPTransport(verify=tls()), logs)
        change(app)
        return app

    logs = folder / "logs"
    logs.mkdir()
    environment = {"PROMTAIL_LOG_GLOB": f"{logs}/*/*/*.log", "PROMTAIL_DATA_DIR": str(folder)}
    files = (STACK / "promtail" / "promtail-config.yaml", STACK / "loki" / "loki-config.yaml")
    stored = EmbeddedLogs(*files, environment)
    lines = Lines(logs, stored, bulk)
    async with own_console(folder / "console", lines, logs=StandInLogs(stored), make=make, loki_simulated=True) as (
        console,
        own,
    ):
        yield console, own, lines
