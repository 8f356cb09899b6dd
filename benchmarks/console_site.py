"""A console for the benchmarks, as a process of its own, before a real Loki or one that replays recorded lines.

`python -m benchmarks.console_site PORT LINES_PER_SECOND` is the replay: a tail that sends recorded lines with the
time of now, at a steady pace, and no stored lines. `/tails` says how many tails are open and how many were at most.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import httpx
import orjson
import psutil
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from benchmarks.logs import lines
from stack.backends.ports import HOST, Ports
from stack.backends.process import HttpReady, ProcessSpec, Running, start
from stack.console.access.accounts import Accounts
from stack.console.access.scope import EVERYTHING, Role
from stack.console.database import Database
from stack.servers.find import find_binary

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "Kiwi-tree-42-moon"  # noqa: S105  # of an account that lives as long as a measurement
SERVICE = "api-gateway"
LABELS = {"service": SERVICE, "system": "dante", "instance": "main", "level": "info"}
TICK_S = 0.05
WEB = ROOT / "stack" / "console" / "web" / "dist"


@dataclass(frozen=True)
class Site:
    """A running console; `loki` is the address of what is behind it."""

    url: str
    loki: str
    process: Running
    accounts: tuple[str, ...]

    def token(self, account: str) -> str:
        """Make an API token by the API."""
        answer = httpx.post(
            f"{self.url}/api/v1/tokens",
            json={"label": "benchmark", "systems": ["*"]},
            auth=(account, PASSWORD),
            timeout=120,
        )
        return str(answer.raise_for_status().json()["secret"])

    def memory(self) -> int:
        """The resident memory of the console's process, in bytes."""
        return int(psutil.Process(self.process.pid).memory_info().rss)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder for one measurement."""
    with tempfile.TemporaryDirectory(prefix="benchmark-console-") as made:
        yield Path(made)


@contextlib.contextmanager
def real_loki(home: Path) -> Iterator[str]:
    """Start a real Loki on the shipped file; yields its address, or an empty text where there is none."""
    binary = find_binary("loki")
    if binary is None:
        yield ""
        return
    ports = Ports()
    port, grpc = ports.take(), ports.take()
    data = home / "loki"
    data.mkdir()
    variables = {
        "LOKI_HTTP_ADDRESS": HOST,
        "LOKI_HTTP_PORT": str(port),
        "LOKI_GRPC_ADDRESS": HOST,
        "LOKI_GRPC_PORT": str(grpc),
        "LOKI_DATA_DIR": str(data),
        "LOKI_MIN_READY_DURATION": "0s",
        "LOKI_RULES_DIR": str(ROOT / "stack/loki/rules"),
    }
    arguments = (f"-config.file={ROOT / 'stack/loki/loki-config.yaml'}", "-config.expand-env=true")
    url = f"http://{HOST}:{port}"
    ready = HttpReady(f"{url}/ready")
    running = start(
        ProcessSpec("loki", (str(binary.path), *arguments), home, home / "loki.log", variables, ready=ready)
    )
    try:
        running.wait_ready(120)
        yield url
    finally:
        running.stop()


@contextlib.contextmanager
def replay(home: Path, rate: int) -> Iterator[str]:
    """Start the replay of recorded lines in a process of its own; yields its address."""
    port = Ports().take()
    url = f"http://{HOST}:{port}"
    command = (sys.executable, "-m", "benchmarks.console_site", str(port), str(rate))
    running = start(ProcessSpec("replay", command, ROOT, home / "replay.log", ready=HttpReady(f"{url}/ready")))
    try:
        running.wait_ready(60)
        yield url
    finally:
        running.stop()


@contextlib.contextmanager
def console(home: Path, loki: str, accounts: int = 1) -> Iterator[Site]:
    """Start a console with so many accounts that see everything."""
    port = Ports().take()
    data = home / "console"
    known = Accounts(database := Database(data / "console.db"))
    names = tuple(f"viewer{number}" for number in range(accounts))
    for name in names:
        known.create(name, PASSWORD, Role.ADMIN, [EVERYTHING], [])
    database.close()
    url = f"http://localhost:{port}"
    running = start(console_spec(home, port, {"LOKI_URL": loki}))
    try:
        running.wait_ready(60)
        yield Site(url, loki, running, names)
    finally:
        running.stop()


def console_spec(home: Path, port: int, variables: dict[str, str]) -> ProcessSpec:
    """Return how the console is run on a port."""
    variables = {
        "CONSOLE_LISTEN": f"{HOST}:{port}",
        "PUBLIC_URL": f"http://localhost:{port}",
        "CONSOLE_DATA_DIR": str(home / "console"),
        "CONSOLE_WEB_DIR": str(WEB) if WEB.is_dir() else "",
        **variables,
    }
    command = (sys.executable, "-m", "stack.console", "serve")
    ready = HttpReady(f"http://{HOST}:{port}/healthz")
    return ProcessSpec("console", command, ROOT, home / "console.log", variables, ready=ready)


def push(loki: str, texts: list[bytes], first_ns: int, step_ns: int) -> None:
    """Push lines with times at equal distances, 20,000 at once, by Loki's own pace."""
    with httpx.Client(timeout=60) as http:
        for begin in range(0, len(texts), 20_000):
            piece = texts[begin : begin + 20_000]
            values = [[str(first_ns + (begin + at) * step_ns), text.decode()] for at, text in enumerate(piece)]
            body = orjson.dumps({"streams": [{"stream": LABELS, "values": values}]})
            headers = {"Content-Type": "application/json"}
            while True:
                answer = http.post(f"{loki}/loki/api/v1/push", content=body, headers=headers)
                if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                    break
                time.sleep(0.5)  # Loki says that it takes no more in this second
            answer.raise_for_status()


async def _replay(port: int, rate: int) -> None:
    recorded = [text.decode() for text in lines(20_000)]
    encoded = [json.dumps(text) for text in recorded]
    labels = json.dumps(LABELS)
    open_now = most = 0

    def answer(_: ServerConnection, request: Request) -> Response | None:
        if "/tail" in request.path and "/api/v1/" in request.path:
            return None
        told: dict[str, object] = {"data": {"result": []}}
        if request.path == "/tails":
            told = {"open": open_now, "most": most}
        body = json.dumps({"status": "success", **told}).encode()
        headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(body))})
        return Response(HTTPStatus.OK, "OK", headers, body)

    async def tail(socket: ServerConnection) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        sent, began = 0, time.monotonic()
        try:
            while True:
                due = int((time.monotonic() - began) * rate)
                now = time.time_ns()
                values = [f'["{now + at}",{encoded[(sent + at) % len(encoded)]}]' for at in range(due - sent)]
                sent = due
                if values:
                    await socket.send(f'{{"streams":[{{"stream":{labels},"values":[{",".join(values)}]}}]}}')
                await asyncio.sleep(TICK_S)
        finally:
            open_now -= 1

    async with serve(tail, HOST, port, process_request=answer, compression=None):
        await asyncio.Future()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_replay(int(sys.argv[1]), int(sys.argv[2])))
    os._exit(0)
