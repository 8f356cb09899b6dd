"""Typed reads from Loki's HTTP API, and pushes for trials.

Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from stack.clients.log_reader import LogStoreError
from stack.records.logs.entry import LabelSet, LogEntry, label_set

CATEGORIZE = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
"""Without this header Loki mixes structured metadata into the labels of the stream."""


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """What a server says about its own build; empty texts where it was built without stamping it."""

    version: str
    revision: str
    goversion: str


TIMEOUT_S = 15.0
"""Seconds for one answer: a store that works through a backlog is slow, not gone."""


class LokiClient:
    """Reads of one Loki over a shared `httpx.AsyncClient`. All methods raise `LogStoreError`.

    `page` is how many lines one query asks for; it must not exceed Loki's `max_entries_limit_per_query`.
    """

    def __init__(self, url: str, http: httpx.AsyncClient, page: int = 5000, busy: int = 8) -> None:
        self.url = url.rstrip("/")
        self.page = page
        self._http = http
        # Loki queues what comes on top of its workers; a bounded number of questions gets faster answers.
        self._turn = asyncio.Semaphore(busy)

    async def ready(self) -> str | None:
        """Return None when Loki is ready, else why it is not."""
        try:
            answer = await self._http.get(f"{self.url}/ready")
        except httpx.HTTPError as broken:
            return _say(broken)
        return None if answer.status_code == httpx.codes.OK else _excerpt(answer)

    async def build_info(self) -> BuildInfo:
        """Return what Loki says about its build."""
        answer = await self._request("GET", "/loki/api/v1/status/buildinfo")
        fields = _json(answer)
        return BuildInfo(*(str(fields.get(name, "")) for name in ("version", "revision", "goVersion")))

    async def config(self) -> str:
        """Return the effective configuration as YAML text."""
        return (await self._request("GET", "/config")).text

    async def label_names(self, start_ns: int, end_ns: int) -> list[str]:
        """Return the names of all labels in use between two times."""
        return sorted(await self._data("/loki/api/v1/labels", {"start": start_ns, "end": end_ns}) or [])

    async def series(self, selectors: Sequence[str], start_ns: int, end_ns: int) -> list[LabelSet]:
        """Return the streams that match any of the selectors."""
        asked = {"match[]": list(selectors), "start": start_ns, "end": end_ns}
        return [label_set(labels) for labels in await self._data("/loki/api/v1/series", asked) or []]

    async def entries(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        """Return all lines of a log query, oldest first, page by page.

        A page ends in the middle of a nanosecond at worst, so the next one begins with that nanosecond again.
        """
        found: dict[tuple[LabelSet, int, str], LogEntry] = {}
        while start_ns < end_ns:
            page = await self._page(query, start_ns, end_ns)
            before = len(found)
            found.update({(entry.labels, entry.timestamp_ns, entry.line): entry for entry in page})
            if len(page) < self.page:
                break
            if len(found) == before:
                raise LogStoreError(
                    f"{self.url}: {self.page} lines of `{query}` or more share the time {start_ns}; narrow the query"
                )
            start_ns = max(entry.timestamp_ns for entry in page)
        return sorted(found.values(), key=lambda entry: entry.timestamp_ns)

    async def json_errors(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        """Return the lines of a log query on which `| json` reports an error."""
        return await self.entries(f'{query} | json | __error__ != ""', start_ns, end_ns)

    async def push(self, entries: Iterable[LogEntry], timeout_s: float = 30.0) -> None:
        """Push entries for a trial; what Loki refuses is an error with its own words."""
        streams: dict[LabelSet, list[list[Any]]] = {}
        for entry in entries:
            extra = [dict(entry.metadata)] if entry.metadata else []
            streams.setdefault(entry.labels, []).append([str(entry.timestamp_ns), entry.line, *extra])
        body = {"streams": [{"stream": dict(labels), "values": values} for labels, values in streams.items()]}
        await self._request("POST", "/loki/api/v1/push", json=body, timeout=timeout_s)

    async def _page(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        asked = {"query": query, "start": start_ns, "end": end_ns, "limit": self.page, "direction": "forward"}
        data = await self._data("/loki/api/v1/query_range", asked)
        if not isinstance(data, dict) or data.get("resultType") != "streams":
            raise LogStoreError(f"{self.url}: `{query}` is not a log query: it yields {_kind(data)}")
        return [_entry(label_set(stream["stream"]), value) for stream in data["result"] for value in stream["values"]]

    async def _data(self, path: str, parameters: Mapping[str, Any]) -> Any:
        return _json(await self._request("GET", path, params=dict(parameters), headers=CATEGORIZE)).get("data")

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            async with self._turn:
                answer = await self._http.request(method, f"{self.url}{path}", **{"timeout": TIMEOUT_S, **options})
        except httpx.HTTPError as broken:
            raise LogStoreError(f"{self.url}{path}: {_say(broken)}") from broken
        if answer.is_success:
            return answer
        raise LogStoreError(f"{self.url}{path}: {_excerpt(answer)}")


def _entry(labels: LabelSet, value: list[Any]) -> LogEntry:
    extra = value[2] if len(value) > 2 else {}  # time, line, and what is known beside them
    return LogEntry(labels, int(value[0]), value[1], label_set(extra.get("structuredMetadata") or {}))


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        fields = answer.json()
    except ValueError as broken:
        raise LogStoreError(f"{answer.request.url}: answered {_excerpt(answer)}, which is not JSON") from broken
    if not isinstance(fields, dict):
        raise LogStoreError(f"{answer.request.url}: answered JSON that is not an object")
    return fields


def _kind(data: Any) -> str:
    return f"`{data.get('resultType')}`" if isinstance(data, dict) else "nothing"


def _say(broken: httpx.HTTPError) -> str:
    return f"{type(broken).__name__}: {broken}" if str(broken) else type(broken).__name__


def _excerpt(answer: httpx.Response) -> str:
    text = " ".join(answer.text.split())
    return f"{answer.status_code} {text[:300]}"
