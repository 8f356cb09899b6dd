"""Sends queries of panels to Grafana several in one request, as a panel with several queries does.

Grafana checks a password for each request, which costs more processor time than most queries. What fails in company,
or takes long there, is sent once more alone: its error and its time are its own.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stack.clients.grafana import GrafanaClient, GrafanaError
from stack.eventually import contention
from stack.records.dashboards.answers import QueryResult

MOST = 12
"""Queries in one request."""

ALONE_S = 2.5
"""Seconds on a machine with a free core that a request of several queries may take: half of what a query may."""

Span = tuple[int, int]
"""The time that is queried: start and end in milliseconds since the epoch."""

_Waiting = list[tuple[Mapping[str, Any], asyncio.Future[QueryResult]]]


class Together:
    """Queries of one datasource: those over the same time, asked at the same moment, go into one request."""

    def __init__(self, client: GrafanaClient) -> None:
        self._client = client
        self._waiting: dict[Span, _Waiting] = {}
        self._sending = set[asyncio.Task[None]]()

    async def query(self, model: Mapping[str, Any], span: Span) -> QueryResult:
        """The answer to one query, with how long it took at most; an error is part of it."""
        future: asyncio.Future[QueryResult] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(span, [])
        waiting.append((model, future))
        if len(waiting) == 1:  # the task begins once everything that asks now has asked
            sending = asyncio.create_task(self._send(span))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)
        return await future

    async def _send(self, span: Span) -> None:
        waiting = self._waiting.pop(span)
        parts = [waiting[at : at + MOST] for at in range(0, len(waiting), MOST)]
        await asyncio.gather(*(self._request(part, span) for part in parts))

    async def _request(self, part: _Waiting, span: Span) -> None:
        try:
            answers = await self._answers([model for model, _ in part], span)
        except Exception as broken:  # noqa: BLE001  # nobody must wait for an answer that does not come
            for _, future in part:
                if not future.done():
                    future.set_exception(broken)
            return
        for (_, future), answer in zip(part, answers, strict=True):
            if not future.done():
                future.set_result(answer)

    async def _answers(self, models: Sequence[Mapping[str, Any]], span: Span) -> Sequence[QueryResult]:
        if len(models) == 1:
            return [await self._alone(models[0], span)]
        begun = time.monotonic()
        try:
            named = [{**model, "refId": f"Q{place}"} for place, model in enumerate(models)]
            found = await self._client.query(named, *span)
        except GrafanaError:
            found = {}
        took = time.monotonic() - begun
        if took > ALONE_S * contention():
            found = {}
        together = [found.get(f"Q{place}") for place in range(len(models))]
        return [
            await self._alone(model, span) if answer is None or answer.error else replace(answer, seconds=took)
            for model, answer in zip(models, together, strict=True)
        ]

    async def _alone(self, model: Mapping[str, Any], span: Span) -> QueryResult:
        begun = time.monotonic()
        try:
            answers = await self._client.query([model], *span)
        except GrafanaError as refused:
            return QueryResult(error=str(refused), seconds=time.monotonic() - begun)
        answer = answers.get(model["refId"]) or QueryResult(error="Grafana left the query out of its answer")
        return replace(answer, seconds=time.monotonic() - begun)
