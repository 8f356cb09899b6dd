"""Real Loki, Promtail and Alloy on loopback, on any configuration, for tests that compare or break them."""

import asyncio
import contextlib
import time
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
ALLOY_CONFIG = ROOT / "stack" / "alloy" / "config.alloy"
AGENT_CONFIGS = {"promtail": PROMTAIL_CONFIG, "alloy": ALLOY_CONFIG}


def needs_real_servers(*names: str) -> pytest.MarkDecorator:
    absent = [why_absent(name) for name in names or ("loki", "promtail") if find_binary(name) is None]
    return pytest.mark.skipif(bool(absent), reason="; ".join(absent))


@dataclass
class RealLogs:
    """A running Loki, and agents that push to it."""

    folder: Path
    loki: Running
    url: str
    agents: list[Running]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables of both agents' configurations for this Loki and this folder."""
        collected = {
            "LOG_GLOB": f"{self.folder}/logs/*/*/*.log",
            "DOCAICHE_GLOB": f"{self.folder}/docaiche/*.log",
            "DOCKER_HOST": "unix:///nonexistent/docker.sock",
            "SYNC_PERIOD": "500ms",
            "BATCH_WAIT": "50ms",
        }
        return {
            "LOKI_URL": self.url,
            "PROMTAIL_HTTP_ADDRESS": "127.0.0.1",
            "PROMTAIL_HTTP_PORT": str(free_port()),
            "PROMTAIL_DATA_DIR": str(self.folder),
            **{f"{agent}_{name}": value for agent in ("PROMTAIL", "ALLOY") for name, value in collected.items()},
            "ENVIRONMENT": "test",
            **more,
        }

    def promtail(self, config: Path, environment: dict[str, str]) -> Running:
        """Start a Promtail on `config`."""
        arguments = (f"-config.file={config}", "-config.expand-env=true")
        return self.run("promtail", arguments, environment, f"{environment['PROMTAIL_HTTP_PORT']}/ready")

    def alloy(self, config: Path, environment: dict[str, str]) -> Running:
        """Start an Alloy on `config`."""
        port = free_port()
        address, storage = f"--server.http.listen-addr=127.0.0.1:{port}", f"--storage.path={self.folder}/alloy"
        arguments = ("run", address, storage, "--disable-reporting", str(config))
        return self.run("alloy", arguments, environment, f"{port}/-/ready")

    def agent(self, name: str, environment: dict[str, str]) -> Running:
        """Start an agent on its shipped configuration."""
        start_it = {"promtail": self.promtail, "alloy": self.alloy}[name]
        return start_it(AGENT_CONFIGS[name], environment)

    def run(self, name: str, arguments: tuple[str, ...], environment: dict[str, str], ready: str) -> Running:
        """Start an agent with these arguments; `ready` is the port and path that answer when it is."""
        binary = find_binary(name)
        assert binary is not None
        running = start(
            ProcessSpec(
                name,
                (str(binary.path), *arguments),
                self.folder,
                self.folder / f"{name}-{len(self.agents)}.out",
                environment,
                HttpReady(f"http://127.0.0.1:{ready}"),
            )
        )
        self.agents.append(running)
        running.wait_ready(60)
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

    def settled(self, query: str, window: tuple[int, int], least: int, settled_s: float) -> list[LogEntry]:
        """Return the lines of a query, at least `least`, once none has come for `settled_s` seconds."""
        seen: list[tuple[float, int]] = [(time.monotonic(), 0)]

        def quiet(found: list[LogEntry]) -> bool:
            if len(found) != seen[0][1]:
                seen[0] = (time.monotonic(), len(found))
            return len(found) >= least and time.monotonic() - seen[0][0] > settled_s

        return eventually(lambda: self.ask(query, window), quiet, 120, 0.2)


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
        for running in [*logs.agents, loki]:
            running.kill()
