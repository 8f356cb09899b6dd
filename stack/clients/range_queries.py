"""Queries over time, and names of labels and metrics, straight from Prometheus or Loki: both answer in one shape.

This is the way to the data of a dashboard where no Grafana runs.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/#expression-queries and
https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any, Literal

import httpx

from stack.records.dashboards.answers import QueryResult

TIMEOUT_S = 15.0
API = {"prometheus": "/api/v1", "loki": "/loki/api/v1"}
EXCERPT_CHARACTERS = 300
LINES = 200

StoreKind = Literal["prometheus", "loki"]


class StoreError(Exception):
    """The server refused or did not answer; the text is its own word where it gave one."""


class RangeClient:
    """Queries of one Prometheus or Loki over a shared `httpx.AsyncClient`; times in Unix seconds."""

    def __init__(self, kind: StoreKind, url: str, http: httpx.AsyncClient, busy: int = 8) -> None:
        self.kind = kind
        self.url = url.rstrip("/")
        self._http = http
        self._turn = asyncio.Semaphore(busy)

    async def query(self, expr: str, start: float, end: float, step: float, *, instant: bool) -> QueryResult:
        """Evaluate a query over a stretch of time, or at its end; an error of the server comes back in the answer."""
        lines = {"limit": str(LINES)} if self.kind == "loki" else {}
        try:
            if instant:
                data = await self.data("query", query=expr, time=f"{end:.3f}", **lines)
            else:
                stretch = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
                data = await self.data("query_range", query=expr, **stretch, **lines)
        except StoreError as refused:
            return QueryResult(error=str(refused))
        return _answered(data)

    async def data(self, path: str, **parameters: str) -> Any:
        """Return `data` of an answer of the API.

        Raises:
            StoreError: no answer, not JSON, or an error.

        """
        url = f"{self.url}{API[self.kind]}/{path}"
        try:
            async with self._turn:
                answer = await self._http.get(url, params=parameters, timeout=TIMEOUT_S)
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            raise StoreError(f"{url}: no answer ({broken or type(broken).__name__})") from broken
        try:
            body = answer.json()
        except ValueError:
            body = None
        if isinstance(body, Mapping) and body.get("status") == "success":
            return body.get("data")
        said = body.get("error") if isinstance(body, Mapping) else None
        raise StoreError(str(said or f"{answer.status_code} {' '.join(answer.text.split())[:EXCERPT_CHARACTERS]}"))


def _answered(data: Any) -> QueryResult:
    result = data.get("result") if isinstance(data, Mapping) else None
    kind = data.get("resultType") if isinstance(data, Mapping) else None
    if kind in ("scalar", "string"):
        return QueryResult(
            series=1, values=_is_number(result[1]) if isinstance(result, list) and len(result) > 1 else 0
        )
    rows = [row for row in result or () if isinstance(row, Mapping)]
    if kind == "streams":
        return QueryResult(series=len(rows), values=sum(len(row.get("values") or ()) for row in rows))
    points = [row.get("values") or [row.get("value")] for row in rows]
    return QueryResult(series=len(rows), values=sum(_is_number(point[1]) for row in points for point in row if point))


def _is_number(value: Any) -> int:
    try:
        return int(not math.isnan(float(value)))
    except (TypeError, ValueError):
        return 0
