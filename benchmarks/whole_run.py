"""A whole judgement of 100,000 series: all scrapes, all metrics rules, verdicts and their data, beside parsing alone.

For each shape the processor time (user and system) of this suite, from the first request to the verdicts as data,
beside that of prometheus-client's parser for the same body, once. The server runs in a process of its own; every shape
is measured in a process of its own, too, so that none profits from another. `steady` bodies are the same at each
scrape; `moving` ones have other values each time, as those of a busy service.
"""

import asyncio
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.table import Row, cpu_of, in_turn
from stack.backends.ports import HOST, free_port
from stack.eventually import eventually
from stack.records.scrape.budget import Budget
from stack.records.scrape.contract import Contract
from suites.core.discovery import in_area
from suites.core.evidence import EvidenceStore, Records
from suites.core.verdict import judge
from suites.metrics.collect.scrapes import after, before

SERIES = 100_000
LARGE_PARTS = 10
BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf")
ROOT = Path(__file__).resolve().parents[1]
PROMISE = 1.2
SCRAPES = 12


def counters(turn: int) -> Iterator[str]:
    """Ten counters of 10,000 series each."""
    for part in range(LARGE_PARTS):
        yield from _head(f"acme_part{part}_requests_total", "counter")
        for user in range(SERIES // LARGE_PARTS):
            labels = f'method="GET",path="/api/v1/users/{user}",code="200"'
            yield f"acme_part{part}_requests_total{{{labels}}} {user + turn}.0"


def histograms(turn: int) -> Iterator[str]:
    """Histograms of 84 samples each."""
    for route in range(SERIES // 84):
        name = f"acme_route{route}_duration_seconds"
        yield from _head(name, "histogram")
        for method, path in itertools.product(("GET", "POST"), ("/api/v1/users", "/api/v1/jobs", "/health")):
            own = f'method="{method}",path="{path}"'
            for count, bound in enumerate(BOUNDS, turn):
                yield f'{name}_bucket{{{own},le="{bound}"}} {count}'
            yield f"{name}_sum{{{own}}} {1.25 + turn}"
            yield f"{name}_count{{{own}}} {len(BOUNDS) - 1 + turn}"


def timestamps(turn: int) -> Iterator[str]:
    """Ten gauges of 10,000 series each, every sample with a time of its own."""
    now = int(time.time() * 1000) - 100_000
    for part in range(LARGE_PARTS):
        yield from _head(f"acme_part{part}_temperature_celsius", "gauge")
        for room in range(SERIES // LARGE_PARTS):
            labels = f'building="GET",path="/floors/1/rooms/{room}",code="200"'
            yield f"acme_part{part}_temperature_celsius{{{labels}}} {room + turn}.5 {now + room}"


def families(turn: int) -> Iterator[str]:
    """As many families as series."""
    for part in range(SERIES):
        yield from _head(f"acme_part{part}_requests_total", "counter")
        yield f'acme_part{part}_requests_total{{method="GET"}} {part + turn}.0'


SHAPES: dict[str, Callable[[int], Iterator[str]]] = {
    "counters": counters,
    "histograms": histograms,
    "timestamps": timestamps,
    "one series per family": families,
}


def _head(name: str, kind: str) -> tuple[str, str]:
    return f"# HELP {name} What one part counts.", f"# TYPE {name} {kind}"


def body(shape: str, turn: int = 0) -> bytes:
    """The exposition of a shape at the scrape with number `turn`."""
    return "".join(f"{line}\n" for line in SHAPES[shape](turn)).encode()


def measure() -> Iterator[Row]:
    """The processor time of each shape, steady and moving, beside the library's."""
    for shape, mode in itertools.product(SHAPES, ("steady", "moving")):
        ours, library = in_turn(*(partial(_in_own_process, whose, shape, mode) for whose in ("judge", "library")))
        what = f"judge 100,000 series end to end, {shape}, {mode}"
        yield Row(what, ours, library, "prometheus-client parsing once", PROMISE)


def _in_own_process(*arguments: str) -> float:
    command = [sys.executable, "-m", "benchmarks.whole_run", *arguments]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=600).stdout)


def _library(text: str) -> int:
    return sum(len(family.samples) for family in text_string_to_metric_families(text))


def _judge_all(url: str) -> str:
    """Collect, judge and write down as a run does."""
    found: list[Records] = []

    async def collect() -> None:  # returns nothing: asyncio.run would write a repr of what it returns
        found.append(await after(await before(url, 60.0), Contract(), Budget(), 20))

    asyncio.run(collect())
    with tempfile.TemporaryDirectory() as folder:
        store = EvidenceStore(Path(folder))
        store.put("service", found[0], "live")
        verdicts = [judge(rule, "service", store.get(rule.record, "service")) for rule in in_area("metrics")]
        return json.dumps([verdict.as_data("service", "service") for verdict in verdicts])


def _judged_cpu(shape: str, mode: str) -> float:
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.whole_run", "serve", shape, mode, str(port)], cwd=ROOT)
    try:
        in_area("metrics")
        eventually(partial(_answers, port), bool, 60.0, describe="the server answers")
        return cpu_of(lambda: _judge_all(f"http://{HOST}:{port}/metrics"))
    finally:
        server.terminate()
        server.wait()


def _answers(port: int) -> bool:
    async def connect() -> bool:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            return False
        writer.close()
        return True

    return asyncio.run(connect())


async def _serve(shape: str, mode: str, port: int) -> None:
    # Enough bodies for all scrapes, made beforehand: values must not fall.
    bodies = [body(shape, turn) for turn in range(1 if mode == "steady" else SCRAPES)]
    turns = itertools.count()

    async def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            answer = bodies[next(turns) % len(bodies)]
            kind = "text/plain; version=0.0.4; charset=utf-8"
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(on_connect, HOST, port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    match sys.argv[1:]:
        case "serve", shape, mode, port:
            asyncio.run(_serve(shape, mode, int(port)))
        case "judge", shape, mode:
            print(_judged_cpu(shape, mode))
        case _, shape, _:
            print(cpu_of(partial(_library, body(shape).decode())))
