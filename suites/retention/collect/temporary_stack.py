"""A temporary Loki on the shipped configuration, for a retention trial: started, stopped and started again."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import httpx

from stack.backends.ports import HOST, Ports
from stack.backends.process import HttpReady, ProcessSpec, Running, start
from stack.clients.server_client import TIMEOUT_S

CONFIG = Path("loki") / "loki-config.yaml"
OVERLAY = Path("loki") / "retention-trial.flags"
READY_S = 60.0
STOP_S = 30.0
"""Loki writes its chunks and its index into the store while it stops."""


class TrialBroke(Exception):  # noqa: N818  # says what happened, as TimeoutExpired does
    """The trial itself could not be carried out, so that it says nothing about retention."""


class TrialImpossibleError(Exception):
    """The shipped configuration is one that a trial cannot be made of; the text says why."""


class TemporaryLoki:
    """A Loki in `work_dir`; every start has a new local disk and the same store (see the overlay).

    `more` are flags that come after the overlay's.
    """

    def __init__(self, binary: Path, work_dir: Path, config_dir: Path, more: Iterable[str] = ()) -> None:
        self.work_dir = work_dir.absolute()
        self.overlay = (*read_overlay(config_dir.absolute() / OVERLAY), *more)
        self._binary = binary
        self._config = config_dir.absolute() / CONFIG
        self._ports = Ports()
        self._port, self._grpc = self._ports.take(), self._ports.take()
        self._running: Running | None = None
        self._starts = 0

    @property
    def url(self) -> str:
        """Its base URL, the same at every start."""
        return f"http://{HOST}:{self._port}"

    @property
    def data(self) -> Path:
        """Its data directory."""
        return self.work_dir / "data"

    @property
    def store(self) -> Path:
        """Its object store; the configuration that runs is asked whether it is a folder at all, see the trial."""
        return self.data / "chunks"

    @property
    def marks(self) -> list[Path]:
        """The compactor's lists of chunks that wait for their deletion."""
        return list((self.data / "compactor").rglob("markers/*"))

    async def start(self) -> None:
        """Start it and wait until it is ready; raises ComponentFailed."""
        await asyncio.to_thread(self._start)

    async def stop(self) -> None:
        """Stop it and let it write what it has into the store."""
        if self._running is not None:
            await asyncio.to_thread(self._running.stop, STOP_S)

    def close(self) -> None:
        """End it at once, whatever it does, and give its ports back."""
        if self._running is not None:
            self._running.kill()
        self._ports.close()

    def _start(self) -> None:
        self._starts += 1
        machine = self.work_dir / f"machine-{self._starts}"
        machine.mkdir(parents=True)
        overlay = [flag.replace("{machine}", str(machine)) for flag in self.overlay]
        self._running = start(
            ProcessSpec(
                name="loki (retention trial)",
                argv=(str(self._binary), f"-config.file={self._config}", "-config.expand-env=true", *overlay),
                cwd=machine,
                stdout=self.work_dir / "loki.log",
                env={
                    "LOKI_HTTP_ADDRESS": HOST,
                    "LOKI_HTTP_PORT": str(self._port),
                    "LOKI_GRPC_ADDRESS": HOST,
                    "LOKI_GRPC_PORT": str(self._grpc),
                    "LOKI_DATA_DIR": str(self.data),
                },
                ready=HttpReady(f"{self.url}/ready"),
            )
        )
        self._running.wait_ready(READY_S)


def read_overlay(path: Path) -> tuple[str, ...]:
    """Return the flags of an overlay file: one a line, `#` begins a comment."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


async def metrics_text(http: httpx.AsyncClient, url: str) -> str:
    """Return the text of a server's `/metrics`; raises httpx.HTTPError."""
    answer = await http.get(f"{url}/metrics", timeout=TIMEOUT_S)
    return answer.raise_for_status().text
