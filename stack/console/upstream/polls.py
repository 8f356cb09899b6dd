"""Live values: each distinct set of queries is asked once per interval, however many watch it."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from stack.console.problems import Problem
from stack.console.upstream.prometheus import Prometheus

WAIT_S = 2.0


class Polls:
    """All polls of the application."""

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus
        self._values: dict[tuple[str, int], tuple[float, asyncio.Task[dict[str, Any]]]] = {}

    async def follow(self, queries: list[str], every_s: float) -> AsyncIterator[dict[str, Any]]:
        """Yield a message with the values of all queries, once per interval, `idle` between."""
        while True:
            due = time.monotonic() + every_s
            answers = await asyncio.gather(*(self._value(query, every_s) for query in queries))
            yield {"type": "values", "time": time.time(), "values": answers}
            while (left := due - time.monotonic()) > 0:
                await asyncio.sleep(min(left, WAIT_S))
                yield {"type": "idle"}

    async def _value(self, query: str, every_s: float) -> dict[str, Any]:
        key, now = (query, round(every_s)), time.monotonic()
        asked, task = self._values.get(key, (0.0, None))
        if task is None or now - asked > every_s * 0.9:
            self._values = {each: kept for each, kept in self._values.items() if now - kept[0] < each[1] * 2}
            task = asyncio.create_task(self._ask(query))
            self._values[key] = (now, task)
        return await asyncio.shield(task)

    async def _ask(self, query: str) -> dict[str, Any]:
        try:
            return {"query": query, **await self._prometheus.query(query, time.time())}
        except Problem as problem:
            return {"query": query, "error": problem.detail}
