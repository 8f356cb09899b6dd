"""Lines and counts from Loki.

Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import urlencode

import httpx
import orjson

from stack.console.problems import Problem
from stack.console.upstream.client import Upstream
from stack.console.upstream.logql import LogQuery

CATEGORIZE = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
"""Without this header Loki mixes structured metadata into the labels of the stream."""
MOST = 5000
"""Loki's usual `max_entries_limit_per_query`."""
Direction = Literal["forward", "backward"]


class LogLine(NamedTuple):
    """One stored line; `time` in nanoseconds since 1970. A tuple: an export makes 50,000 of them a second."""

    time: int
    labels: Mapping[str, str]
    metadata: Mapping[str, str]
    text: str

    @property
    def id(self) -> str:
        """What tells this line from every other: Loki keeps no two with equal time, labels and text."""
        return _id(self.time, _known(self.labels), self.text)

    def shown(self) -> dict[str, Any]:
        """Return the line as the API gives it; the time as text, since no JSON number of a browser holds it."""
        return {
            "id": self.id,
            "time": str(self.time),
            "service": self.labels.get("service", ""),
            "system": self.labels.get("system", ""),
            "instance": self.labels.get("instance", ""),
            "level": self.labels.get("level", "unknown"),
            "labels": self.labels,
            "metadata": self.metadata,
            "line": self.text,
        }


def encoded(lines: Iterable[LogLine]) -> Iterator[tuple[str, bytes]]:
    """Yield each line's id, and the line as JSON, as `shown` gives it; what its stream says is encoded once."""
    streams: dict[int, tuple[str, bytes]] = {}  # by the labels, which the lines of a stream share
    for line in lines:
        stream = streams.get(id(line.labels))
        if stream is None:
            said = line.shown()
            of_stream = {key: said[key] for key in ("service", "system", "instance", "level", "labels")}
            stream = streams[id(line.labels)] = (_known(line.labels), orjson.dumps(of_stream)[1:-1])
        line_id = _id(line.time, stream[0], line.text)
        metadata = orjson.dumps(line.metadata) if line.metadata else b"{}"
        head = f'{{"id":"{line_id}","time":"{line.time}",'.encode()
        yield line_id, b'%b%b,"metadata":%b,"line":%b}' % (head, stream[1], metadata, orjson.dumps(line.text))


def _known(labels: Mapping[str, str]) -> str:
    return "".join(f"{key}={labels[key]}\0" for key in sorted(labels))


def _id(time: int, labels: str, text: str) -> str:
    known = f"{time}\0{labels}{text}".encode("utf-8", "replace")
    return f"{time}-{hashlib.blake2b(known, digest_size=6).hexdigest()}"


@dataclass(frozen=True)
class Page:
    """Lines in the order of the direction; `more` if the range holds others behind them."""

    lines: list[LogLine]
    more: bool


Count = tuple[Mapping[str, str], int]
Counts = dict[str, list[tuple[int, int]]]
"""By level: pairs of the end of a step, in seconds since 1970, and how many lines it has."""


class LogSource(Protocol):
    """Where log lines come from. Times in nanoseconds; everything raises `Problem`."""

    url: str

    async def page(self, query: LogQuery, start: int, end: int, limit: int, direction: Direction) -> Page:
        """Return about `limit` lines with `start` <= time < `end`; those of one nanosecond are never separated."""

    def all(self, query: LogQuery, start: int, end: int) -> AsyncGenerator[list[LogLine], None]:
        """Yield every line of a range, oldest first, in pieces."""

    async def counts(self, query: LogQuery, labels: tuple[str, ...], start: int, end: int) -> list[Count]:
        """Return how many lines there are by the values of labels."""

    async def volume(self, query: LogQuery, start: int, end: int, step_s: int) -> Counts:
        """Return how many lines there are per step and level."""

    async def exists(self, query: LogQuery, start: int, end: int) -> bool:
        """Whether a stream matches, whatever its lines."""


class Loki(Upstream):
    """One Loki."""

    def __init__(self, url: str, http: httpx.AsyncBaseTransport) -> None:
        super().__init__("Loki", url, http)

    async def page(self, query: LogQuery, start: int, end: int, limit: int, direction: Direction) -> Page:
        """Return about `limit` lines with `start` <= time < `end`.

        Lines of one nanosecond are never separated, so that the time of the last line is where the next page begins.

        Raises:
            Problem: 422 if more lines than Loki returns at once share one nanosecond.

        """
        asked = min(limit + 1, MOST)
        while True:
            lines = await self._lines(query, start, end, asked, direction)
            if len(lines) < asked:
                return Page(lines, more=False)
            last = lines[-1].time
            whole = len(lines)
            while whole and lines[whole - 1].time == last:
                whole -= 1
            if whole:
                return Page(lines[:whole], more=True)
            if asked == MOST:
                raise Problem(422, f"{MOST} lines or more share the time {last}; filter for fewer of them")
            asked = min(asked * 8, MOST)

    async def all(self, query: LogQuery, start: int, end: int) -> AsyncGenerator[list[LogLine], None]:
        """Yield every line of a range, oldest first, page by page.

        Loki looks for the next page while this one is written: both take about as long.
        """

        def ask(since: int) -> asyncio.Task[Page]:
            return asyncio.create_task(self.page(query, since, end, MOST - 1, "forward"))

        following = ask(start) if start < end else None
        try:
            while following is not None:
                page, following = await following, None
                if page.more and page.lines[-1].time + 1 < end:
                    following = ask(page.lines[-1].time + 1)
                if page.lines:
                    yield page.lines
        finally:
            if following is not None:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)

    async def counts(self, query: LogQuery, labels: tuple[str, ...], start: int, end: int) -> list[Count]:
        """Return how many lines there are by the values of labels."""
        window = max(1, -(-(end - start) // 10**9))
        expression = f"sum by ({', '.join(labels)}) (count_over_time({query} [{window}s]))"
        rows = await self._data("query", query=expression, time=end)
        return [(row["metric"], round(float(row["value"][1]))) for row in rows]

    async def volume(self, query: LogQuery, start: int, end: int, step_s: int) -> Counts:
        """Return how many lines there are per step and level."""
        expression = f"sum by (level) (count_over_time({query} [{step_s}s]))"
        rows = await self._data("query_range", query=expression, start=start, end=end, step=f"{step_s}s")
        levels: Counts = {}
        for row in rows:
            pairs = [(int(at), int(count)) for at, count in row["values"]]
            levels.setdefault(row["metric"].get("level", "unknown"), []).extend(pairs)
        return levels

    async def exists(self, query: LogQuery, start: int, end: int) -> bool:
        """Whether a stream matches, whatever its lines."""
        path = "/loki/api/v1/series?" + urlencode({"match[]": query.streams, "start": start, "end": end})
        return bool((await self.json("GET", path, headers=CATEGORIZE)).get("data"))

    async def _lines(self, query: LogQuery, start: int, end: int, limit: int, direction: Direction) -> list[LogLine]:
        streams = await self._data(
            "query_range", query=str(query), start=start, end=end, limit=limit, direction=direction
        )
        lines = list(lines_of(streams))
        lines.sort(key=itemgetter(0), reverse=direction == "backward")
        return lines

    async def _data(self, what: str, **parameters: Any) -> Any:
        answer = await self.json("GET", f"/loki/api/v1/{what}", params=parameters, headers=CATEGORIZE)
        try:
            return answer["data"]["result"] or []
        except (TypeError, KeyError) as error:
            raise Problem(502, "Loki answered without a result") from error


def lines_of(streams: Iterable[Mapping[str, Any]]) -> Iterable[LogLine]:
    """Yield the lines of `streams` as Loki's queries and tails write them."""
    for stream in streams:
        labels = stream["stream"]
        for time, text, *more in stream["values"]:
            yield LogLine(int(time), labels, more[0].get("structuredMetadata", {}) if more else {}, text)
