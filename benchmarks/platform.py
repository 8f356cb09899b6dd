"""A night at a large platform: 500 services with 2 million series and 5 million log lines, judged by one attached run.

    python -m benchmarks.platform [SERVICES SERIES LINES]

The platform is simulated on this machine: one process answers for all services, each at a port of its own, and has
pushed their lines to Loki; Prometheus and Loki are real, in their default form. What is promised is the run's time,
its memory, and how often it asks the platform. Without a real Prometheus and Loki, or the memory that they need for so
much, there is nothing to measure.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import yaml

from benchmarks.console_site import real_loki
from benchmarks.table import Row
from stack.backends.ports import HOST, Ports
from stack.backends.process import HttpReady, ProcessSpec, start
from stack.eventually import eventually
from stack.servers.find import find_binary

ROOT = Path(__file__).resolve().parents[1]
SERVICES, SERIES, LINES = 500, 2_000_000, 5_000_000
NEEDED_BYTES = 10 * 2**30
"""What Prometheus and Loki take for that many series and lines, with room for the run."""
TIME_S, MEMORY_BYTES, REQUESTS = 300.0, 1.5 * 2**30, 2.0
"""The promises: seconds, bytes, requests for each service in each second."""
ROUTES, METHODS, CODES = 25, ("GET", "POST", "PUT", "DELETE"), ("200", "404", "500", "503")
BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf")
WINDOW_S = 1800
"""Seconds over which the lines of a service are spread."""
PUSHED = 20_000
"""Lines of one push."""


@dataclass(frozen=True)
class Size:
    """How large the platform is."""

    services: int = SERVICES
    series: int = SERIES
    lines: int = LINES

    @property
    def names(self) -> list[str]:
        """The services' names."""
        return [f"svc-{number:03}" for number in range(self.services)]


@dataclass(frozen=True)
class Night:
    """What one run took: seconds that passed, its peak memory, requests to the platform, its exit code."""

    seconds: float
    cpu_s: float
    peak_bytes: int
    requests: int
    code: int
    verdicts: int


def measure() -> Iterator[Row]:
    """The promises, where this machine can hold such a platform."""
    if not find_binary("loki") or not find_binary("prometheus") or psutil.virtual_memory().available < NEEDED_BYTES:
        print("  needs real servers and 10 GiB of free memory", file=sys.stderr)  # a program's output
        return
    yield from rows(Size())


def rows(size: Size) -> Iterator[Row]:
    """Build the platform, judge it, and compare with the promises."""
    with tempfile.TemporaryDirectory(prefix="benchmark-platform-") as made, platform(Path(made), size) as target:
        night = judged(Path(made), target)
    what = f"a night at {size.services} services, {size.series:,} series, {size.lines:,} lines"
    note = f"{night.verdicts:,} verdicts, exit code {night.code}, {night.cpu_s:.0f} s of processor time"
    yield Row(f"{what} (time that passed; {note})", night.seconds, TIME_S, "the promise", 1)
    yield Row(f"{what}: peak memory of the run", night.peak_bytes / 1e6, MEMORY_BYTES / 1e6, "the promise", 1, "MB")
    rate = night.requests / size.services / night.seconds
    yield Row(f"{what}: requests per service and second ({night.requests:,})", rate, REQUESTS, "the promise", 1, "")


@contextlib.contextmanager
def platform(home: Path, size: Size) -> Iterator[Path]:
    """Run all services, Prometheus and Loki with their data; yields the target file of the suite."""
    command = [sys.executable, "-m", "benchmarks.platform", "serve", str(size.services), str(size.series)]
    services = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert services.stdout is not None  # noqa: S101  # for the type checker: it is a pipe
        ports = [int(port) for port in services.stdout.readline().split()]
        with real_loki(home) as loki, _prometheus(home, size, ports) as prometheus:
            if loki:
                _push(loki, size)
            _say(f"waiting for {size.series:,} series")
            eventually(lambda: _stored(prometheus), lambda found: found >= size.series, 900, describe="all series")
            target = home / "target.yaml"
            target.write_text(yaml.safe_dump(_target(prometheus, loki, size, ports)), encoding="utf-8")
            yield target
    finally:
        services.terminate()
        services.wait()


def _target(prometheus: str, loki: str, size: Size, ports: Sequence[int]) -> dict[str, object]:
    services: dict[str, object] = {
        name: {"url": f"http://{HOST}:{port}", "logs": {"app": name}, "format": "zap"}
        for name, port in zip(size.names, ports, strict=True)
    }
    found: dict[str, object] = {"prometheus": prometheus, "services": services}
    found["labels"] = {"service": "app", "level": "level"}
    return {**found, "loki": loki} if loki else found


@contextlib.contextmanager
def _prometheus(home: Path, size: Size, ports: Sequence[int]) -> Iterator[str]:
    binary, own = find_binary("prometheus"), Ports()
    assert binary is not None  # noqa: S101  # checked before
    folder = home / "prometheus"
    folder.mkdir()
    targets = [
        {"targets": [f"{HOST}:{port}"], "labels": {"job": name}} for name, port in zip(size.names, ports, strict=True)
    ]
    (folder / "targets.json").write_text(json.dumps(targets), encoding="utf-8")
    scraped = {"job_name": "platform", "file_sd_configs": [{"files": [str(folder / "targets.json")]}]}
    config = {"global": {"scrape_interval": "60s", "scrape_timeout": "30s"}, "scrape_configs": [scraped]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    url = f"http://{HOST}:{own.take()}"
    argv = (
        str(binary.path),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=7d",
        f"--web.listen-address={url.partition('://')[2]}",
        "--log.level=error",
    )
    running = start(ProcessSpec("prometheus", argv, folder, folder / "log", ready=HttpReady(f"{url}/-/ready")))
    try:
        running.wait_ready(120)
        yield url
    finally:
        running.kill()


def _stored(prometheus: str) -> int:
    answer = httpx.get(f"{prometheus}/metrics", timeout=60).text
    return int(
        next(float(line.split()[1]) for line in answer.splitlines() if line.startswith("prometheus_tsdb_head_series "))
    )


def _push(loki: str, size: Size) -> None:
    """Push the lines of all services, spread over the last half hour, service by service."""
    _say(f"pushing {size.lines:,} lines")
    own = size.lines // size.services
    begun = time.time_ns()
    with httpx.Client(timeout=120) as http:
        for name in size.names:
            for first in range(0, own, PUSHED):
                streams: dict[str, list[list[str]]] = {}
                for number in range(first, min(own, first + PUSHED)):
                    level = ("info", "info", "info", "warn", "info", "info", "error")[number % 7]
                    at = begun - WINDOW_S * 10**9 * (own - number) // own
                    streams.setdefault(level, []).append([str(at), _line(name, level, at, number)])
                body = {
                    "streams": [
                        {"stream": {"app": name, "level": level, "instance": "main"}, "values": values}
                        for level, values in streams.items()
                    ]
                }
                answer = http.post(f"{loki}/loki/api/v1/push", json=body)
                while answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                    time.sleep(1)
                    answer = http.post(f"{loki}/loki/api/v1/push", json=body)
                answer.raise_for_status()


def _line(name: str, level: str, at_ns: int, number: int) -> str:
    """A line as zap writes it."""
    failed = ',"error":"no answer","stacktrace":"main.call\\n\\tmain.go:7"' if level == "error" else ""
    return (
        f'{{"level":"{level}","ts":{at_ns / 1e9:.6f},"logger":"http","caller":"api/handler.go:42",'
        f'"msg":"request served","service":"{name}","request_id":"{name}-{number}",'
        f'"status":200,"duration":0.0{number % 97:02}{failed}}}'
    )


def judged(home: Path, target: Path) -> Night:
    """Judge the platform once; its memory is that of the run's process and all that it starts."""
    before = _requests(target)
    begun = time.monotonic()
    command = [sys.executable, "-m", "pytest", "suites", "--stack=attached", f"--target={target}", "-q"]
    with (home / "output.txt").open("wb") as output:
        run = psutil.Popen([*command, f"--report-dir={home / 'report'}"], cwd=ROOT, stdout=output, stderr=output)
        peak, cpu = 0, 0.0
        while run.poll() is None:
            with contextlib.suppress(psutil.Error):
                every = [run, *run.children(recursive=True)]
                peak = max(peak, sum(one.memory_info().rss for one in every))
                cpu = sum(run.cpu_times()[:4])
            time.sleep(0.2)
    seconds = time.monotonic() - begun
    report = json.loads((home / "report/report.json").read_text(encoding="utf-8"))
    return Night(seconds, cpu, peak, _requests(target) - before, run.returncode, len(report["verdicts"]))


def _requests(target: Path) -> int:
    """Requests that the platform has answered: those of its services beside Prometheus' scrapes, and of its servers."""
    known = yaml.safe_load(target.read_text(encoding="utf-8"))
    first = next(iter(known["services"].values()))["url"]
    total = int(httpx.get(f"{first}/requests", timeout=60).text)
    for server, metric in (
        ("prometheus", "prometheus_http_requests_total"),
        ("loki", "loki_request_duration_seconds_count"),
    ):
        if server in known:
            text = httpx.get(f"{known[server]}/metrics", timeout=60).text
            total += sum(
                int(float(line.rpartition(" ")[2])) for line in text.splitlines() if line.startswith(f"{metric}{{")
            )
    return total


def exposition(series: int) -> bytes:
    """What every service exposes: `series` series of counters by route, method and code, and of histograms."""
    lines = [
        "# HELP shop_build_info Version of the running build.",
        "# TYPE shop_build_info gauge",
        'shop_build_info{version="1.4.2",revision="0badcafe"} 1',
        "# HELP process_start_time_seconds Start time of the process since the Unix epoch in seconds.",
        "# TYPE process_start_time_seconds gauge",
        f"process_start_time_seconds {time.time() - 3600:.2f}",
    ]
    count, part = 2, 0
    while count < series:
        name = f"shop_part{part}"
        lines += [
            f"# HELP {name}_requests_total Requests to one part of the shop.",
            f"# TYPE {name}_requests_total counter",
        ]
        for route in range(ROUTES):
            for method in METHODS:
                for code in CODES:
                    if count < series:
                        lines.append(
                            f'{name}_requests_total{{route="/api/v{route}/items",method="{method}",code="{code}"}} 7'
                        )
                        count += 1
        if count + (len(BOUNDS) + 2) * ROUTES <= series:
            lines += [
                f"# HELP {name}_duration_seconds How long requests took.",
                f"# TYPE {name}_duration_seconds histogram",
            ]
            for route in range(ROUTES):
                own = f'route="/api/v{route}/items"'
                lines += [
                    f'{name}_duration_seconds_bucket{{{own},le="{bound}"}} {9 * n}' for n, bound in enumerate(BOUNDS)
                ]
                lines += [f"{name}_duration_seconds_sum{{{own}}} 12.5", f"{name}_duration_seconds_count{{{own}}} 99"]
                count += len(BOUNDS) + 2
        part += 1
    return "".join(f"{line}\n" for line in lines).encode()


async def _serve(services: int, series: int) -> None:
    """Answer for all services; what Prometheus scrapes is not counted."""
    body, counted = exposition(series // services), 0
    kind = "text/plain; version=0.0.4; charset=utf-8"

    async def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal counted
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = (await reader.readuntil(b"\r\n\r\n")).lower()
            asked = request.partition(b" ")[2].startswith(b"/requests")
            counted += not asked and b"user-agent: prometheus/" not in request
            answer = str(counted).encode() if asked else body
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + answer)
            await writer.drain()
        writer.close()

    servers = [await asyncio.start_server(on_connect, HOST, 0, backlog=64) for _ in range(services)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)  # how they are found
    await asyncio.gather(*(server.serve_forever() for server in servers))


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)  # progress of a program


if __name__ == "__main__":
    match sys.argv[1:]:
        case "serve", services, series:
            asyncio.run(_serve(int(services), int(series)))
        case given:
            for row in rows(Size(*map(int, given))):
                _say(f"{row.what}: {row.ours:.4g} {row.unit} (promised {row.other:.4g}; load {row.load:.1f})")
