"""Two ways to the data of a dashboard: through Grafana, as a browser goes, or straight to Prometheus and Loki."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from stack.clients.grafana import GrafanaClient, GrafanaError
from stack.clients.range_queries import API, RangeClient, StoreError
from stack.records.dashboards.answers import QueryResult
from suites.dashboards.helpers.intervals import Stretch, fill

_LABEL_VALUES = re.compile(r"label_values\((?:(.+),\s*)?([A-Za-z_][A-Za-z0-9_]*)\)\s*$", re.DOTALL)
_LABEL_NAMES = re.compile(r"label_names\((.*)\)\s*$", re.DOTALL)
_METRICS = re.compile(r"metrics\((.*)\)\s*$", re.DOTALL)
_QUERY_RESULT = re.compile(r"query_result\((.*)\)\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Source:
    """A datasource that can be asked: `type` is prometheus or loki, `min_interval` the scrape interval it is told."""

    uid: str
    type: str
    min_interval: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One query to be asked: variables of the dashboard are in it, those of time are not; `model` as in the file."""

    ref_id: str
    expr: str
    instant: bool
    model: Mapping[str, Any]


class Way(Protocol):
    """A way to the data of one datasource."""

    via: str
    url: str

    async def query(self, asked: Asked, stretch: Stretch) -> QueryResult:
        """Ask a panel's query; a refusal is part of the answer."""

    async def data(self, path: str, **parameters: str) -> Any:
        """Ask the datasource's own API below its version (`label/job/values`); raises StoreError."""


class ThroughGrafana:
    """The browser's way; Grafana's server replaces the variables of time itself."""

    via = "grafana"

    def __init__(self, client: GrafanaClient, source: Source) -> None:
        self.url = client.url
        self._client, self._source = client, source

    async def query(self, asked: Asked, stretch: Stretch) -> QueryResult:
        """Send the query to `/api/ds/query` with the step that a browser works out."""
        query = {
            **asked.model,
            "refId": asked.ref_id,
            "expr": asked.expr,
            "datasource": {"uid": self._source.uid, "type": self._source.type},
            "intervalMs": max(1, round(stretch.step * 1000)),
            "maxDataPoints": stretch.points,
        }
        if self._source.type == "prometheus":
            query |= {"instant": asked.instant, "range": not asked.instant}
        try:
            answers = await self._client.query([query], round(stretch.start * 1000), round(stretch.end * 1000))
        except GrafanaError as refused:
            return QueryResult(error=str(refused))
        return answers.get(asked.ref_id) or QueryResult(error="Grafana left the query out of its answer")

    async def data(self, path: str, **parameters: str) -> Any:
        """Ask through Grafana's proxy for the datasource; Loki's paths have no version there."""
        prefix = "api/v1/" if self._source.type == "prometheus" else ""
        try:
            return await self._client.resource(self._source.uid, prefix + path, **parameters)
        except GrafanaError as refused:
            raise StoreError(str(refused)) from refused


class Straight:
    """The way past Grafana; the variables of time are replaced here."""

    def __init__(self, client: RangeClient, source: Source) -> None:
        self.via: str = client.kind
        self.url = client.url + API[client.kind]
        self._client, self._source = client, source

    async def query(self, asked: Asked, stretch: Stretch) -> QueryResult:
        """Ask the server for the same stretch in the same steps."""
        expr = fill(asked.expr, stretch, self._source.type, instant=asked.instant)
        return await self._client.query(expr, stretch.start, stretch.end, stretch.step, instant=asked.instant)

    async def data(self, path: str, **parameters: str) -> Any:
        """Ask the server's own API."""
        return await self._client.data(path, **parameters)


async def values_of(way: Way, source: Source, query: str, stretch: Stretch) -> list[str]:
    """The values that a variable's query finds, sorted.

    Raises:
        StoreError: the server refused, or the query is of no kind that a variable may have.

    """
    times = times_of(source, stretch)
    if match := _LABEL_VALUES.match(query):
        selector = {"match[]" if source.type == "prometheus" else "query": match[1]} if match[1] else {}
        return sorted(str(value) for value in await way.data(f"label/{match[2]}/values", **selector, **times) or ())
    if _LABEL_NAMES.match(query):
        return sorted(str(value) for value in await way.data("labels", **times) or ())
    if source.type == "prometheus" and (match := _METRICS.match(query)):
        names = await way.data("label/__name__/values", **times) or ()
        return sorted(str(name) for name in names if re.search(match[1], str(name)))
    if source.type == "prometheus" and (match := _QUERY_RESULT.match(query)):
        data = await way.data("query", query=fill(match[1], stretch, source.type, instant=True))
        return sorted(str(row) for row in (data or {}).get("result") or ())
    raise StoreError(f"`{query}` is no query that a variable can have: label_values(…), label_names(), metrics(…), …")


def times_of(source: Source, stretch: Stretch) -> dict[str, str]:
    """The stretch as the parameters `start` and `end` of a datasource's API."""
    # Loki takes whole nanoseconds here, and Prometheus seconds.
    unit = 10**9 if source.type == "loki" else 1
    return {"start": str(int(stretch.start) * unit), "end": str(int(stretch.end) * unit)}
