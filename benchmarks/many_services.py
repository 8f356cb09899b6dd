"""Many services: collecting 200 slow ones side by side, and judging 1,000 by every metrics rule.

There is no other tool to set beside: the bounds are the promises themselves, in seconds.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.table import Row, cpu_of
from stack.backends.ports import HOST
from stack.records.scrape.budget import USUAL
from stack.records.scrape.contract import Contract
from suites.core.discovery import in_area
from suites.core.evidence import EvidenceStore
from suites.core.verdict import judge
from suites.metrics.collect.scrapes import after, before

SLOW_SERVICES = 200
ANSWERS_AFTER_S = 0.3
JUDGED_SERVICES = 1_000
ROOT = Path(__file__).resolve().parents[1]

EXPOSITION = "".join(
    f"# HELP acme_part{number}_requests_total Requests to part {number} of the service.\n"
    f"# TYPE acme_part{number}_requests_total counter\n"
    + "".join(
        f'acme_part{number}_requests_total{{code="{code}",method="{method}"}} 3\n'
        for code in ("200", "404", "500")
        for method in ("get", "post", "put", "delete")
    )
    for number in range(12)
)
"""About 150 series, as the reference services have."""


def measure() -> Iterator[Row]:
    """Seconds for the two promises."""
    command = [sys.executable, "-m", "benchmarks.many_services"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None  # noqa: S101  # for the type checker: it is a pipe
        ports = [int(port) for port in server.stdout.readline().split()]
        begun = time.perf_counter()
        asyncio.run(_collect(ports))
        took = time.perf_counter() - begun
        what = f"collect {SLOW_SERVICES} services that take 300 ms to answer (time that passed)"
        yield Row(what, took, 5.0, "the promise", 1)
        with tempfile.TemporaryDirectory() as folder:
            names = _stored(ports[0], Path(folder))
            cpu = cpu_of(lambda: _judge_all(Path(folder), names))
        count = len(in_area("metrics"))
        yield Row(f"judge {JUDGED_SERVICES:,} services by {count} metrics rules", cpu, 60.0, "the promise", 1)
    finally:
        server.terminate()
        server.wait()


async def _collect(ports: Sequence[int]) -> None:
    if not all(await asyncio.gather(*(_observe(f"http://{HOST}:{port}/") for port in ports))):
        raise AssertionError("a service gave no exposition")


async def _observe(url: str) -> bool:
    first = await before(url)
    await after(first, Contract(), USUAL, 0)
    return first.exposition is not None


def _stored(port: int, folder: Path) -> list[str]:
    async def records() -> object:
        url = f"http://{HOST}:{port}/one"
        return await after(await before(url), Contract(), USUAL, 0)

    found = asyncio.run(records())
    store = EvidenceStore(folder)
    names = [f"service-{number}" for number in range(JUDGED_SERVICES)]
    for name in names:
        store.put(name, found, "live")  # type: ignore[arg-type]  # `records` returns Records
    store.save()
    return names


def _judge_all(folder: Path, names: list[str]) -> int:
    """Read every service's evidence and judge it, as a run does; returns the verdicts that are no error."""
    store = EvidenceStore(folder)
    return sum(
        judge(rule, name, store.get(rule.record, name)).outcome != "error"
        for name in names
        for rule in in_area("metrics")
    )


async def _serve() -> None:
    """Serve each service at a port of its own: of one host and port only a few requests are made at once."""
    body = EXPOSITION.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {len(body)}\r\n"
    answer = f"{head}Connection: close\r\n\r\n".encode() + body

    async def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(ANSWERS_AFTER_S)
        writer.write(answer)
        await writer.drain()
        writer.close()

    servers = [await asyncio.start_server(on_connect, HOST, 0, backlog=64) for _ in range(SLOW_SERVICES)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(_serve())
