"""What the clients of all servers share: a request over one `httpx.AsyncClient`, and an error for all that fails."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Literal, TypeVar

import httpx
import orjson

from stack.clients.retries import request
from stack.records.dashboards.answers import Curve, QueryResult
from stack.text.yaml_text import ConfigError, read_mapping

TIMEOUT_S = 30.0
"""Seconds for one answer: a server that works through a backlog is slow, not gone."""
EXCERPT_CHARACTERS = 300
GONE = (502, 503, 504)
"""What a gateway answers for a server that does not, and a server that is not ready."""
LOG_LINES = 200
"""How many lines a panel of logs requests."""
DRAWN_CURVES, DRAWN_POINTS, DRAWN_LINES = 12, 60, 20
"""How much of an answer is kept for a drawing."""

T = TypeVar("T")


class ServerError(Exception):
    """A server did not answer as it should.

    The text names the URL and what came back; `reason` is the server's own message where it gave one, else the text.
    `unreachable`: nothing came back, or a gateway's word that nothing did.
    """

    unreachable = False

    def __init__(self, text: str, reason: str | None = None) -> None:
        super().__init__(text)
        self.reason = reason or text


class ServerClient:
    """Requests to one server, at most `at_once` at a time; every failure is raised as the class's own `error`."""

    error: ClassVar[type[ServerError]] = ServerError

    def __init__(self, url: str, http: httpx.AsyncClient, at_once: int = 8) -> None:
        self.url = url.rstrip("/")
        self._http = http
        # Servers queue what exceeds their workers; a bounded number of requests gets faster answers.
        self._slots = asyncio.Semaphore(at_once)

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the answer to a request, whatever its status."""
        try:
            async with self._slots:
                return await request(self._http, method, f"{self.url}{path}", **{"timeout": TIMEOUT_S, **options})
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            silent = self.error(f"{self.url}{path}: no answer ({broken or type(broken).__name__})")
            silent.unreachable = True
            raise silent from broken

    def json(self, answer: httpx.Response, kind: type[T]) -> T:
        """Return the JSON of an answer, which must be a `kind`: `dict` or `list`."""
        try:
            body = answer.json()
        except (ValueError, RecursionError) as broken:
            raise self.error(f"{place(answer)}: not JSON: {excerpt(answer)}") from broken
        if not isinstance(body, kind):
            expected = "a JSON list" if kind is list else "a JSON object"
            raise self.error(f"{place(answer)}: expected {expected}, got {excerpt(answer)}")
        return body

    def configuration(self, text: str) -> dict[str, Any]:
        """Return the server's configuration, which it gave as YAML text."""
        try:
            return dict(read_mapping(text).data)
        except ConfigError as broken:
            raise self.error(f"{self.url}: its configuration cannot be read: {broken}") from broken


class QueryClient(ServerClient):
    """Prometheus or Loki, whose query APIs answer in one shape below different paths.

    Source: https://prometheus.io/docs/prometheus/latest/querying/api/#expression-queries and
    https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time
    """

    kind: ClassVar[Literal["prometheus", "loki"]]
    api: ClassVar[str]
    headers: ClassVar[Mapping[str, str]] = {}

    async def data(self, path: str, **parameters: Any) -> Any:
        """Return `data` of an answer of the API, `path` being relative to it (`label/job/values`)."""
        answer = await self.send("GET", f"{self.api}/{path}", params=parameters, headers=dict(self.headers))
        body = _read(answer)
        # Loki leaves `data` out where there is none.
        if isinstance(body, Mapping) and body.get("status") == "success" and ("data" in body or self.kind == "loki"):
            return body.get("data")
        if isinstance(body, Mapping) and body.get("error"):
            reason = str(body["error"])
            raise self.error(f"{place(answer)}: {body.get('errorType', 'error')}: {reason}", reason)
        refused = self.error(f"{place(answer)}: {excerpt(answer)}", excerpt(answer))
        refused.unreachable = answer.status_code in GONE
        raise refused

    async def answer(self, expr: str, start: float, end: float, step: float, *, instant: bool) -> QueryResult:
        """Evaluate a query from `start` to `end` (Unix seconds) in steps of `step` seconds, or at `end`.

        Never raises: an error of the server is part of the answer.
        """
        lines = {"limit": LOG_LINES} if self.kind == "loki" else {}
        times = {"time": f"{end:.3f}"}
        if not instant:
            times = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
        try:
            return _answered(await self.data("query" if instant else "query_range", query=expr, **times, **lines))
        except ServerError as refused:
            return QueryResult(error=refused.reason)


def _read(answer: httpx.Response) -> Any:
    """The JSON of an answer, None where it is none. The series of a large service are read in half the time so."""
    try:
        return orjson.loads(answer.content)
    except ValueError:  # stricter than the standard library: NaN, half of a pair of surrogates, another encoding
        with suppress(ValueError, RecursionError):
            return answer.json()
    return None


def place(answer: httpx.Response) -> str:
    """Give the URL of an answer without its query."""
    return str(answer.request.url.copy_with(query=None))


def excerpt(answer: httpx.Response) -> str:
    """Give the status and the start of the body in one line."""
    return f"{answer.status_code} {' '.join(answer.text.split())[:EXCERPT_CHARACTERS]}".rstrip()


def _answered(data: Any) -> QueryResult:
    result = data.get("result") if isinstance(data, Mapping) else None
    kind = data.get("resultType") if isinstance(data, Mapping) else None
    if kind in ("scalar", "string"):
        number = result[1] if isinstance(result, list) and len(result) > 1 else None
        curves = (Curve({}, ((_number(result[0]), _number(number)),)),) if _is_number(number) and result else ()
        return QueryResult(series=1, values=_is_number(number), curves=curves)
    rows = [row for row in result or () if isinstance(row, Mapping)]
    if kind == "streams":
        entries = [entry for row in rows for entry in row.get("values") or ()]
        lines = [str(entry[1]) for entry in entries[:DRAWN_LINES] if len(entry) > 1]
        return QueryResult(series=len(rows), values=len(entries), lines=tuple(lines))
    points = [row.get("values") or [row.get("value")] for row in rows]
    values = sum(_is_number(point[1]) for row in points for point in row if point)
    return QueryResult(series=len(rows), values=values, curves=tuple(map(_curve, rows[:DRAWN_CURVES], points)))


def _curve(row: Mapping[str, Any], points: Sequence[Any]) -> Curve:
    labels = row.get("metric")
    found = [(_number(point[0]), _number(point[1])) for point in points if point and _is_number(point[1])]
    every = -(-len(found) // DRAWN_POINTS) or 1
    kept = found[len(found) % every - 1 if len(found) % every else every - 1 :: every]  # the newest among them
    return Curve(labels if isinstance(labels, Mapping) else {}, tuple(kept))


def _number(value: Any) -> float:
    return float(value) if _is_number(value) else 0.0


def _is_number(value: Any) -> int:
    try:
        return int(not math.isnan(float(value)))
    except (TypeError, ValueError):
        return 0
