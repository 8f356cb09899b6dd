"""Real Loki and real Promtail on loopback, on any configuration, for tests that compare or break them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from stack.backends.ports import free_port
from stack.backends.process import HttpReady, ProcessSpec, Running, start
from stack.clients.loki import LokiClient
from stack.eventually import eventually
from stack.records.logs.entry import LogEntry
from stack.servers.find import find_binary, why_absent

ROOT = Path(__file__).resolve().parents[2]
LOKI_CONFIG = ROOT / "stack" / "loki" / "loki-config.yaml"
PROMTAIL_CONFIG = ROOT / "stack" / "promtail" / "promtail-config.yaml"


def needs_real_servers() -> pytest.MarkDecorator:
    absent = [why_absent(name) for name in ("loki", "promtail") if find_binary(name) is None]
    return pytest.mark.skipif(bool(absent), reason="; ".join(absent))


@dataclass
class RealLogs:
    """A running Loki, and Promtails that push to it."""

    folder: Path
    loki: Running
    url: str
    promtails: list[Running]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables of Promtail's configuration for this Loki and this folder."""
        return {
            "LOKI_URL": self.url,
            "PROMTAIL_HTTP_ADDRESS": "127.0.0.1",
            "PROMTAIL_HTTP_PORT": str(free_port()),
            "PROMTAIL_DATA_DIR": str(self.folder),
            "PROMTAIL_LOG_GLOB": f"{self.folder}/logs/*/*/*.log",
            "PROMTAIL_DOCAICHE_GLOB": f"{self.folder}/docaiche/*.log",
            "PROMTAIL_DOCKER_HOST": f"unix://{self.folder}/no-docker.sock",
            "PROMTAIL_SYNC_PERIOD": "500ms",
            "PROMTAIL_BATCH_WAIT": "50ms",
            "ENVIRONMENT": "test",
            **more,
        }

    def promtail(self, config: Path, environment: dict[str, str]) -> Running:
        """Start a Promtail on `config`."""
        binary = find_binary("promtail")
        assert binary is not None
        port = environment["PROMTAIL_HTTP_PORT"]
        running = start(
            ProcessSpec(
                "promtail",
                (str(binary.path), f"-config.file={config}", "-config.expand-env=true"),
                self.folder,
                self.folder / f"promtail-{len(self.promtails)}.out",
                environment,
                HttpReady(f"http://127.0.0.1:{port}/ready"),
            )
        )
        self.promtails.append(running)
        running.wait_ready()
        return running

    def ask(self, query: str, window: tuple[int, int]) -> list[LogEntry]:
        """Return all lines of a query."""

        async def ask() -> list[LogEntry]:
            async with httpx.AsyncClient(timeout=120) as http:
                return await LokiClient(self.url, http).entries(query, *window)

        return asyncio.run(ask())

    def wait_for(
        self, query: str, window: tuple[int, int], until: Callable[[list[LogEntry]], bool], timeout_s: float = 20
    ) -> list[LogEntry]:
        """Return the lines of a query once `until` holds for them, or what is there after `timeout_s` seconds."""
        with contextlib.suppress(TimeoutError):
            eventually(lambda: self.ask(query, window), until, timeout_s, 0.1)
        return self.ask(query, window)


@contextlib.contextmanager
def real_logs(folder: Path, loki_config: Path = LOKI_CONFIG) -> Iterator[RealLogs]:
    """Run a Loki, and whatever Promtails are started, until the end of the block."""
    binary = find_binary("loki")
    assert binary is not None
    port = free_port()
    environment = {
        "LOKI_HTTP_ADDRESS": "127.0.0.1",
        "LOKI_HTTP_PORT": str(port),
        "LOKI_GRPC_ADDRESS": "127.0.0.1",
        "LOKI_GRPC_PORT": str(free_port()),
        "LOKI_DATA_DIR": str(folder / "loki"),
    }
    loki = start(
        ProcessSpec(
            "loki",
            (str(binary.path), f"-config.file={loki_config}", "-config.expand-env=true"),
            folder,
            folder / "loki.out",
            environment,
            HttpReady(f"http://127.0.0.1:{port}/ready"),
        )
    )
    logs = RealLogs(folder, loki, f"http://127.0.0.1:{port}", [])
    try:
        loki.wait_ready()
        yield logs
    finally:
        for running in [*logs.promtails, loki]:
            running.kill()
