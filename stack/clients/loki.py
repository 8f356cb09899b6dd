"""Typed reads from Loki's HTTP API, and pushes for trials.

Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx

from stack.clients.log_reader import LogStoreError
from stack.clients.server_client import QueryClient, excerpt, place
from stack.records.logs.entry import LabelSet, LogEntry, label_set

CATEGORIZE = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
"""Without this header Loki mixes structured metadata into the labels of the stream."""


class LokiClient(QueryClient):
    """Reads of one Loki. All methods raise `LogStoreError`.

    `page` is how many lines one query requests; it must not exceed Loki's `max_entries_limit_per_query`.
    """

    kind = "loki"
    api = "/loki/api/v1"
    headers = CATEGORIZE
    error = LogStoreError

    def __init__(self, url: str, http: httpx.AsyncClient, page: int = 5000) -> None:
        super().__init__(url, http)
        self.page = page

    async def build_info(self) -> Mapping[str, str]:
        """Return `version`, `revision`, `goVersion` and more; empty texts where it was built without stamping them."""
        answer = await self.send("GET", f"{self.api}/status/buildinfo")
        return {str(key): str(value) for key, value in self.json(answer, dict).items()}

    async def config(self) -> dict[str, Any]:
        """Return the effective configuration, defaults included."""
        return self.configuration((await self._accepted("GET", "/config")).text)

    async def runtime_config(self) -> dict[str, Any]:
        """Return the overrides per tenant that the server uses."""
        return self.configuration((await self._accepted("GET", "/runtime_config")).text)

    async def label_names(self, start_ns: int, end_ns: int) -> list[str]:
        """Return the names of all labels in use between two times."""
        return sorted(await self.data("labels", start=start_ns, end=end_ns) or [])

    async def series(self, selectors: Sequence[str], start_ns: int, end_ns: int) -> list[LabelSet]:
        """Return the streams that match any of the selectors."""
        found = await self.data("series", **{"match[]": list(selectors), "start": start_ns, "end": end_ns})
        return [label_set(labels) for labels in found or []]

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

    async def latest(self, query: str, start_ns: int, end_ns: int, limit: int) -> list[LogEntry]:
        """Return at most `limit` lines of a log query, the newest of the time, oldest first."""
        found = await self._page(query, start_ns, end_ns, limit, "backward")
        return sorted(found, key=lambda entry: entry.timestamp_ns)

    async def count_by(self, selector: str, label: str, window_s: float) -> dict[str, int]:
        """Return how many lines of the streams are there since `window_s` seconds, by the value of a label."""
        data = await self.data("query", query=f"sum by ({label}) (count_over_time({selector}[{window_s:.0f}s]))")
        return {row["metric"].get(label, ""): int(float(row["value"][1])) for row in data["result"]}

    async def json_errors(self, query: str, start_ns: int, end_ns: int) -> list[LogEntry]:
        """Return the lines of a log query on which `| json` reports an error."""
        return await self.entries(f'{query} | json | __error__ != ""', start_ns, end_ns)

    async def push(self, entries: Iterable[LogEntry], timeout_s: float = 30.0) -> None:
        """Push entries for a trial; what Loki refuses is an error with its own message."""
        streams: dict[LabelSet, list[list[Any]]] = {}
        for entry in entries:
            extra = [dict(entry.metadata)] if entry.metadata else []
            streams.setdefault(entry.labels, []).append([str(entry.timestamp_ns), entry.line, *extra])
        body = {"streams": [{"stream": dict(labels), "values": values} for labels, values in streams.items()]}
        await self._accepted("POST", f"{self.api}/push", json=body, timeout=timeout_s)

    async def _page(
        self, query: str, start_ns: int, end_ns: int, limit: int = 0, direction: str = "forward"
    ) -> list[LogEntry]:
        times = {"start": start_ns, "end": end_ns, "limit": limit or self.page, "direction": direction}
        data = await self.data("query_range", query=query, **times)
        if not isinstance(data, dict) or data.get("resultType") != "streams":
            raise LogStoreError(f"{self.url}: `{query}` is not a log query: it yields {_kind(data)}")
        return [_entry(label_set(stream["stream"]), value) for stream in data["result"] for value in stream["values"]]

    async def _accepted(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = await self.send(method, path, **options)
        if answer.is_success:
            return answer
        raise LogStoreError(f"{place(answer)}: {excerpt(answer)}", excerpt(answer))


def _entry(labels: LabelSet, value: list[Any]) -> LogEntry:
    extra = value[2].get("structuredMetadata") if len(value) > 2 else None  # time, line, and what is known beside them
    return LogEntry(labels, int(value[0]), value[1], label_set(extra) if extra else ())


def _kind(data: Any) -> str:
    return f"`{data.get('resultType')}`" if isinstance(data, dict) else "nothing"
