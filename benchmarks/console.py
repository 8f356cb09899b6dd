"""The console beside Loki asked directly, and what it takes: requests, export, many viewers, start.

A row that needs a real Loki is left out where there is none, which is said.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from statistics import median, quantiles

import httpx
import orjson
from websockets.asyncio.client import connect

from benchmarks.console_site import (
    SERVICE,
    Site,
    console,
    console_spec,
    folder,
    push,
    real_loki,
    replay,
)
from benchmarks.logs import lines
from benchmarks.table import Row
from stack.backends.ports import Ports
from stack.backends.process import start

STORED = 300_000
STEP_NS = 200_000
"""Stored lines are 0.2 ms apart: 5,000 a second."""
REQUESTS = 400
VIEWERS, ACCOUNTS = 200, 8
RATE = 500
"""Lines a second of the service that is watched."""
WATCHED_S = 30.0
STARTS = 3
Asked = Mapping[str, str | int]
QUERY = f'{{service="{SERVICE}"}}'
ADDED_S, EXPORTED_PER_S, MEMORY_MB, GROWTH_MB, READY_S = 0.010, 50_000, 300, 50, 2.0


def measure() -> Iterator[Row]:
    """Start, viewers, and where a real Loki is found requests and export."""
    yield _ready()
    yield from _viewers()
    with folder() as home, real_loki(home) as loki:
        if not loki:
            print("  no Loki here (docs/real-servers.md): requests and export not compared", file=sys.stderr)
            return
        end = time.time_ns()
        first = end - STORED * STEP_NS
        push(loki, lines(STORED), first, STEP_NS)
        with console(home, loki) as site:
            yield _requests(site, first, end)
            yield from _export(site, first, end)


def _ready() -> Row:
    """From the start of the process until it answers, with a database that exists."""
    taken = []
    with folder() as home, console(home, "") as _:
        for number in range(STARTS):
            begun = time.monotonic()
            running = start(console_spec(home / str(number), Ports().take(), {}))
            try:
                running.wait_ready(60)
                taken.append(time.monotonic() - begun)
            finally:
                running.stop()
    return Row(
        f"console: ready after the start (time that passed, median of {STARTS})",
        median(taken),
        READY_S,
        "the promise",
        1,
    )


def _requests(site: Site, first: int, end: int) -> Row:
    """Pages of 100 lines from varying ends, by us and by Loki in turn."""
    ours, theirs = [], []
    token = {"Authorization": f"Bearer {site.token(site.accounts[0])}"}
    with httpx.Client(timeout=60, headers={"Accept-Encoding": "identity"}) as http:
        for number in range(-5, REQUESTS):
            until = end - number % 50 * 100 * STEP_NS
            asked: Asked = {"query": QUERY, "start": first, "end": until, "limit": 101, "direction": "backward"}
            theirs.append(_timed(http, f"{site.loki}/loki/api/v1/query_range", asked))
            ours.append(
                _timed(http, f"{site.url}/api/v1/logs/{SERVICE}", {"start": first, "end": until, "limit": 100}, token)
            )
    p99 = [quantiles(each[5:], n=100)[98] for each in (ours, theirs)]
    told = f"Loki alone: {p99[1] * 1000:.0f} ms; medians {median(ours) * 1000:.1f} and {median(theirs) * 1000:.1f} ms"
    what = f"console: what its API adds to a page of 100 lines, p99 of {REQUESTS} ({told})"
    return Row(what, max(0.0, p99[0] - p99[1]), ADDED_S, "the promise", 1)


def _timed(http: httpx.Client, url: str, asked: Asked, headers: Mapping[str, str] | None = None) -> float:
    begun = time.monotonic()
    http.get(url, params=asked, headers=headers).raise_for_status()
    return time.monotonic() - begun


def _export(site: Site, first: int, end: int) -> Iterator[Row]:
    """The whole range as text, beside the same pages from Loki; and how much the console's memory grows by it."""
    begun, since, got = time.monotonic(), first, 0
    with httpx.Client(timeout=60, headers={"Accept-Encoding": "identity"}) as http:
        while True:
            asked: Asked = {"query": QUERY, "start": since, "end": end, "limit": 5000, "direction": "forward"}
            answer = orjson.loads(http.get(f"{site.loki}/loki/api/v1/query_range", params=asked).content)
            found = [value for stream in answer["data"]["result"] for value in stream["values"]]
            got += len(found)
            if len(found) < 5000:
                break
            since = int(found[-1][0]) + 1
    theirs = time.monotonic() - begun
    token = {"Authorization": f"Bearer {site.token(site.accounts[0])}"}
    for form in ("txt", "jsonl", "csv"):
        before = site.memory()
        begun, count = time.monotonic(), 0
        with (
            _Peak(site) as peak,
            httpx.stream(
                "GET",
                f"{site.url}/api/v1/logs/{SERVICE}/export",
                params={"start": first, "end": end, "format": form},
                headers=token,
                timeout=60,
            ) as answer,
        ):
            for piece in answer.iter_raw():
                count += piece.count(b"\n")
        taken = time.monotonic() - begun
        if count - (form == "csv") != got:
            raise AssertionError(f"{form}: {count} lines exported, Loki has {got}")
        what = f"console: export of {got:,} lines as {form} (time that passed; {got / taken:,.0f} a second)"
        yield Row(what, taken, got / EXPORTED_PER_S, "the promise", 1)
        yield Row(what, taken, theirs, "the same pages from Loki, one after the other", 1.5)
        if form == "jsonl":
            yield Row(
                f"console: memory that the export of {got:,} lines adds at most",
                (max(peak) - before) / 1e6,
                GROWTH_MB,
                "the promise",
                1,
                unit="MB",
            )


class _Peak:
    """Samples of the console's memory while something happens."""

    def __init__(self, site: Site) -> None:
        self._site, self._done, self._samples = site, threading.Event(), [site.memory()]

    def __enter__(self) -> list[int]:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self._samples

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            self._samples.append(self._site.memory())


def _viewers() -> Iterator[Row]:
    """So many viewers of one query; the replay sends at a steady pace and counts its tails."""
    with folder() as home, replay(home, RATE) as upstream, console(home, upstream, ACCOUNTS) as site:
        got, lags = asyncio.run(_watch(site))
        memory, tails = site.memory() / 1e6, httpx.get(f"{upstream}/tails").json()["most"]
        if min(got) != max(got):
            raise AssertionError(f"viewers got between {min(got)} and {max(got)} of the same lines")
    what = f"console: {VIEWERS} viewers of a service with {RATE} lines a second for {WATCHED_S:.0f} s"
    yield Row(f"{what}: memory", memory, MEMORY_MB, "the promise", 1, unit="MB")
    yield Row(f"{what}: tails at Loki", tails, 1, "the promise", 1, unit="")
    yield Row(f"{what}: from emission to the viewer, median", median(lags), 0.5, "the promise", 1)


async def _watch(site: Site) -> tuple[list[int], list[float]]:
    """Watch until every viewer has all lines of a span of time; returns how many each got, and the lag of batches."""
    tokens = await asyncio.gather(*(asyncio.to_thread(site.token, account) for account in site.accounts))
    started = asyncio.Barrier(VIEWERS)
    span = [0, 0]
    lags: list[float] = []

    async def view(number: int) -> int:
        url = f"ws{site.url.removeprefix('http')}/api/v1/ws/logs/{SERVICE}?backlog=0"
        headers = {"Authorization": f"Bearer {tokens[number % ACCOUNTS]}"}
        count = 0
        async with connect(
            url, additional_headers=headers, max_size=None, compression=None, open_timeout=120
        ) as socket:
            await socket.recv()
            if await started.wait() == 0:
                span[:] = [time.time_ns() + 2 * 10**9, time.time_ns() + int((2 + WATCHED_S) * 1e9)]
            async for message in socket:
                text = message if isinstance(message, bytes) else message.encode()
                if text.startswith(b'{"type":"dropped"'):
                    raise AssertionError("a viewer was told that it missed lines")
                if not text.startswith(b'{"type":"lines"'):
                    continue
                # Every viewer's own reading of JSON would be the larger part of the measurement.
                times = [int(part[:19]) for part in text.split(b'"time":"')[1:]]
                count += sum(span[0] <= at < span[1] for at in times)
                lags.append((time.time_ns() - times[-1]) / 1e9)
                if times[-1] >= span[1] > 0:
                    return count
        raise AssertionError("the console closed a stream")

    got = await asyncio.gather(*(view(number) for number in range(VIEWERS)))
    return list(got), lags
