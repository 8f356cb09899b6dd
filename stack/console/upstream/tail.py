"""Live log lines: one tail at Loki for each query, shared by all who watch it.

Every line gets a number within its tail. A client that was cut off names the last one that it had, and goes on exactly
behind it while the tail remembers that far; a tail that nobody watches is kept for a minute for that, the latest
few of them. After longer it goes on by time, from what Loki has stored.
Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/#stream-logs
"""

import asyncio
import contextlib
import math
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from stack.console.problems import Problem
from stack.console.telemetry import Telemetry
from stack.console.upstream.logql import LogQuery
from stack.console.upstream.loki import CATEGORIZE, MOST, LogLine, LogSource, encoded, lines_of

REMEMBERED = 20_000
"""Lines that a tail remembers for clients that come back."""
WAITING = 5_000
"""Lines that wait for one client; older ones are dropped, counted and reported to it."""
KEPT_S = 60.0
UNWATCHED = 20
"""Tails that are kept though nobody watches them; each holds a connection to Loki, and Loki allows 10 by default."""
RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)
OVERLAP_NS = 5 * 10**9
"""How far back a tail that is opened again reads: Loki's ingesters may deliver a little late."""
POLL_S = 1.0
POLLED_S = 60.0
"""How long a tail that was refused is polled for, before it is asked for again."""


class Numbered(NamedTuple):
    """A line with its number in the tail, and as the API gives it: encoded once, for all who watch."""

    number: int
    line: LogLine
    id: str
    encoded: orjson.Fragment


@dataclass(frozen=True)
class Batch:
    """What a client gets at once; `dropped` are lines that it missed, by its own slowness or at Loki."""

    lines: list[Numbered]
    dropped_slow: int = 0
    dropped_loki: int = 0
    state: str = ""
    """A message for people when the tail was interrupted, or works again."""


@dataclass(eq=False)
class Subscription:
    """One client of a tail."""

    waiting: deque[Numbered] = field(default_factory=deque)
    dropped_slow: int = 0
    dropped_loki: int = 0
    state: str = ""
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def push(self, lines: list[Numbered]) -> int:
        """Add lines; returns how many older ones had to go."""
        self.waiting.extend(lines)
        over = max(0, len(self.waiting) - WAITING)
        for _ in range(over):
            self.waiting.popleft()
        self.dropped_slow += over
        self.wake.set()
        return over

    async def take(self, timeout_s: float) -> Batch:
        """Wait until there is something, at most so long, and return all of it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.wake.wait()
        self.wake.clear()
        batch = Batch(list(self.waiting), self.dropped_slow, self.dropped_loki, self.state)
        self.waiting.clear()
        self.dropped_slow = self.dropped_loki = 0
        self.state = ""
        return batch


class Tail:
    """One query that is followed at Loki."""

    def __init__(
        self,
        query: LogQuery,
        loki: LogSource,
        telemetry: Telemetry,
        watched: Callable[["Tail"], None],
        unwatched: Callable[["Tail"], None],
    ) -> None:
        self.query, self.key = query, secrets.token_hex(4)
        self._loki, self._telemetry = loki, telemetry
        self._watched, self._unwatched = watched, unwatched
        self._subscriptions: set[Subscription] = set()
        self._recent: deque[Numbered] = deque(maxlen=REMEMBERED)
        self._ids: deque[str] = deque(maxlen=REMEMBERED)
        self._seen: set[str] = set()
        self._next = 1
        self._newest = time.time_ns()
        self._task = asyncio.create_task(self._run())
        self.started = asyncio.Event()

    def subscribe(self) -> Subscription:
        """Add a client; it gets what arrives from now on."""
        self._watched(self)
        subscription = Subscription()
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Remove a client; the tail itself ends a while after the last one."""
        self._subscriptions.discard(subscription)
        if not self._subscriptions:
            self._unwatched(self)

    def since(self, number: int) -> list[Numbered] | None:
        """Return the lines after `number`; None if the tail does not remember that far."""
        if number >= self._next or (self._recent and self._recent[0].number > number + 1):
            return None
        return [each for each in self._recent if each.number > number]

    def recent(self, count: int) -> list[Numbered]:
        """Return the newest lines that are remembered."""
        return list(self._recent)[-count:] if count else []

    async def stop(self) -> None:
        """End the tail."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        failures, waited = 0, False
        while True:
            try:
                async for lines, dropped in self._follow():
                    if waited:
                        self._tell("the live tail works again")
                    failures, waited = 0, False
                    self._add(lines, dropped)
            except (OSError, WebSocketException, TimeoutError, ValueError, KeyError, Problem) as error:
                if failures >= 1 and not waited:
                    self._tell(f"the live tail is interrupted, trying again: {error or type(error).__name__}")
                    waited = True
            await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
            failures += 1

    async def _follow(self) -> AsyncIterator[tuple[list[LogLine], int]]:
        """Yield lines and the number of dropped ones, until Loki ends the tail, as it does after an hour."""
        if not self._loki.url:
            async for lines in self._poll():
                yield lines, 0
            return
        missed_from = self._newest - OVERLAP_NS
        start = max(missed_from, time.time_ns() - OVERLAP_NS)
        parameters = urlencode({"query": str(self.query), "start": start, "limit": MOST})
        url = f"ws{self._loki.url.removeprefix('http')}/loki/api/v1/tail?{parameters}"
        try:
            async with connect(
                url, additional_headers=CATEGORIZE, max_size=16 << 20, open_timeout=10, proxy=None, compression=None
            ) as socket:
                with self._telemetry.upstream_tails.track_inprogress():
                    again = self.started.is_set()
                    self.started.set()
                    yield [], 0
                    if again:
                        # A tail begins with the newest few lines only: the others that came meanwhile are stored.
                        async for lines in self._loki.all(self.query, missed_from, time.time_ns()):
                            yield lines, 0
                    async for message in socket:
                        frame: dict[str, Any] = orjson.loads(message)
                        yield list(lines_of(frame.get("streams") or [])), len(frame.get("dropped_entries") or [])
        except InvalidStatus:
            # Loki has as many tails as it allows (10 by default), or none at all: the same lines, a second later.
            async for lines in self._poll(POLLED_S):
                yield lines, 0

    async def _poll(self, for_s: float = math.inf) -> AsyncIterator[list[LogLine]]:
        """Yield lines of a source without a tail: the stand-in, or a Loki that refuses another one."""
        self.started.set()
        ends = time.monotonic() + for_s
        while time.monotonic() < ends:
            until = time.time_ns()
            async for lines in self._loki.all(self.query, self._newest - OVERLAP_NS, until):
                yield lines
            await asyncio.sleep(POLL_S)

    def _add(self, lines: list[LogLine], dropped: int) -> None:
        fresh = []
        lines = sorted(lines, key=lambda each: each.time)
        for line, (line_id, shown) in zip(lines, encoded(lines), strict=True):
            if line_id in self._seen:
                continue  # read once more after the tail was opened again
            if len(self._ids) == REMEMBERED:
                self._seen.discard(self._ids[0])
            self._ids.append(line_id)
            self._seen.add(line_id)
            fresh.append(Numbered(self._next, line, line_id, orjson.Fragment(shown)))
            self._next += 1
            self._newest = max(self._newest, line.time)
        self._recent.extend(fresh)
        if dropped:
            self._telemetry.dropped.labels("loki").inc(dropped)
        if not fresh and not dropped:
            return
        for subscription in self._subscriptions:
            subscription.dropped_loki += dropped
            if over := subscription.push(fresh):
                self._telemetry.dropped.labels("slow_client").inc(over)

    def _tell(self, state: str) -> None:
        for subscription in self._subscriptions:
            subscription.state = state
            subscription.wake.set()


class Tails:
    """All tails of the application, by query."""

    def __init__(self, loki: LogSource, telemetry: Telemetry) -> None:
        self._loki, self._telemetry = loki, telemetry
        self.open: dict[LogQuery, Tail] = {}
        self._unwatched: dict[Tail, asyncio.TimerHandle] = {}
        """When each of those that nobody watches ends; the one that was left first is the first."""
        self._ending: set[asyncio.Task[None]] = set()

    def get(self, query: LogQuery) -> Tail:
        """Return the tail of a query, which starts if there is none."""
        if query not in self.open:
            self.open[query] = Tail(query, self._loki, self._telemetry, self._watch, self._leave)
        return self.open[query]

    async def stop(self) -> None:
        """End all tails."""
        for timer in self._unwatched.values():
            timer.cancel()
        await asyncio.gather(*(tail.stop() for tail in self.open.values()), *self._ending)
        self.open.clear()

    def _watch(self, tail: Tail) -> None:
        if timer := self._unwatched.pop(tail, None):
            timer.cancel()

    def _leave(self, tail: Tail) -> None:
        self._unwatched[tail] = asyncio.get_running_loop().call_later(KEPT_S, self._end, tail)
        if len(self._unwatched) > UNWATCHED:
            self._end(next(iter(self._unwatched)))

    def _end(self, tail: Tail) -> None:
        self._watch(tail)
        self.open.pop(tail.query, None)
        task = asyncio.create_task(tail.stop())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
