"""Two paths to the data of a dashboard: through Grafana, as from a browser, or directly to Prometheus and Loki."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from stack.clients.grafana import GrafanaClient
from stack.clients.server_client import QueryClient, ServerError
from stack.records.dashboards.answers import QueryResult
from suites.dashboards.collect.together import Together
from suites.dashboards.helpers.intervals import TimeRange, fill

_LABEL_VALUES = re.compile(r"label_values\((?:(.+),\s*)?([A-Za-z_][A-Za-z0-9_]*)\)\s*$", re.DOTALL)
_LABEL_NAMES = re.compile(r"label_names\((.*)\)\s*$", re.DOTALL)
_METRICS = re.compile(r"metrics\((.*)\)\s*$", re.DOTALL)
_QUERY_RESULT = re.compile(r"query_result\((.*)\)\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Source:
    """A datasource: `type` is prometheus or loki, `min_interval` the scrape interval configured for it."""

    uid: str
    type: str
    min_interval: str = ""


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query: variables of the dashboard are replaced in it, those of time are not; `model` as in the file."""

    ref_id: str
    expr: str
    instant: bool
    model: Mapping[str, Any]


class QueryPath(Protocol):
    """How the data of one datasource is queried; `via` and `url` name the server that is sent the queries."""

    via: str
    url: str

    async def query(self, query: PanelQuery, times: TimeRange) -> QueryResult:
        """Send a panel's query; an error of the server, and how long the answer took, are part of the answer."""

    async def data(self, path: str, **parameters: str) -> Any:
        """Return `data` of the datasource's own API, `path` being below its version; raises ServerError."""


class ThroughGrafana:
    """The path of a browser; Grafana's server replaces the variables of time itself."""

    via = "grafana"

    def __init__(self, client: GrafanaClient, source: Source) -> None:
        self.url = client.url
        self._client, self._source, self._together = client, source, Together(client)

    async def query(self, query: PanelQuery, times: TimeRange) -> QueryResult:
        """Send the query to `/api/ds/query` with the step that a browser works out."""
        model = {
            **query.model,
            "refId": query.ref_id,
            "expr": query.expr,
            "datasource": {"uid": self._source.uid, "type": self._source.type},
            "intervalMs": max(1, round(times.step * 1000)),
            "maxDataPoints": times.points,
        }
        if self._source.type == "prometheus":
            model |= {"instant": query.instant, "range": not query.instant}
        return await self._together.query(model, (round(times.start * 1000), round(times.end * 1000)))

    async def data(self, path: str, **parameters: str) -> Any:
        """Read through Grafana's proxy for the datasource; Loki's paths have no version there."""
        prefix = "api/v1/" if self._source.type == "prometheus" else ""
        return await self._client.resource(self._source.uid, prefix + path, **parameters)


class Direct:
    """The path without Grafana; the variables of time are replaced here."""

    def __init__(self, client: QueryClient) -> None:
        self.via: str = client.kind
        self.url = client.url + client.api
        self._client = client

    async def query(self, query: PanelQuery, times: TimeRange) -> QueryResult:
        """Query the server for the same time range in the same steps."""
        expr, begun = fill(query.expr, times, self.via, instant=query.instant), time.monotonic()
        answer = await self._client.answer(expr, times.start, times.end, times.step, instant=query.instant)
        return replace(answer, seconds=time.monotonic() - begun)

    async def data(self, path: str, **parameters: str) -> Any:
        """Read from the server's own API."""
        return await self._client.data(path, **parameters)


async def values_of(path: QueryPath, source: Source, query: str, times: TimeRange) -> list[str]:
    """The values that a variable's query finds, sorted.

    Raises:
        ServerError: the server refused, or the query is of no kind that a variable may have.

    """
    bounds = start_and_end(source, times)
    if match := _LABEL_VALUES.match(query):
        selector = {"match[]" if source.type == "prometheus" else "query": match[1]} if match[1] else {}
        return sorted(str(value) for value in await path.data(f"label/{match[2]}/values", **selector, **bounds) or ())
    if _LABEL_NAMES.match(query):
        return sorted(str(value) for value in await path.data("labels", **bounds) or ())
    if source.type == "prometheus" and (match := _METRICS.match(query)):
        names = await path.data("label/__name__/values", **bounds) or ()
        return sorted(str(name) for name in names if re.search(match[1], str(name)))
    if source.type == "prometheus" and (match := _QUERY_RESULT.match(query)):
        data = await path.data("query", query=fill(match[1], times, source.type, instant=True))
        return _as_texts(data or {})
    raise ServerError(f"`{query}` is no query that a variable can have: label_values(…), label_names(), metrics(…), …")


def _as_texts(data: Mapping[str, Any]) -> list[str]:
    """The answer to a query as the texts on which a variable's regex works: `name{label="value"} 1 1700000000000`."""
    rows: list[Any] = data.get("result") or []
    if data.get("resultType") in ("scalar", "string"):
        return [str(rows[1])] if len(rows) > 1 else []
    texts = []
    for row in rows:
        labels = {**row.get("metric", {})}
        name = labels.pop("__name__", "")
        inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
        at, value = row["value"]
        texts.append(f"{name}{{{inside}}} {value} {at * 1000:.0f}")
    return sorted(texts)


def start_and_end(source: Source, times: TimeRange) -> dict[str, str]:
    """The time range as the parameters `start` and `end` of a datasource's API."""
    # Loki takes whole nanoseconds here, and Prometheus seconds.
    unit = 10**9 if source.type == "loki" else 1
    return {"start": str(int(times.start) * unit), "end": str(int(times.end) * unit)}
