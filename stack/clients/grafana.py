"""Typed reads from Grafana's HTTP API, and queries of its datasources as a browser sends them.

Source: https://grafana.com/docs/grafana/latest/developers/http_api/
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from stack.records.dashboards.answers import QueryResult

TIMEOUT_S = 15.0
EXCERPT_CHARACTERS = 300


class GrafanaError(Exception):
    """Grafana did not answer as it should; the text names the URL and what it said."""


class NoSuchCheck(GrafanaError):  # noqa: N818  # an answer, not a fault
    """Grafana cannot check datasources of that type itself."""


@dataclass(frozen=True, slots=True)
class FoundDashboard:
    """A dashboard as Grafana serves it: its JSON model, and whether it comes from a provisioned file."""

    model: Mapping[str, Any]
    provisioned: bool
    file: str


class GrafanaClient:
    """Reads of one Grafana over a shared `httpx.AsyncClient`. All methods raise `GrafanaError`.

    `url` includes the path that Grafana is served below (`http://host/grafana`); `credentials` are user and password.
    """

    def __init__(self, url: str, http: httpx.AsyncClient, credentials: tuple[str, str] | None, busy: int = 8) -> None:
        self.url = url.rstrip("/")
        self._http = http
        self._auth = httpx.BasicAuth(*credentials) if credentials else None
        self._turn = asyncio.Semaphore(busy)

    async def health(self) -> Mapping[str, str]:
        """Return `version`, `commit` and the state of the `database`."""
        return {str(key): str(value) for key, value in (await self._object("GET", "/api/health")).items()}

    async def datasources(self) -> tuple[Mapping[str, Any], ...]:
        """Return every datasource with `uid`, `name`, `type`, `url`, `readOnly` and more."""
        return tuple(await self._list("/api/datasources"))

    async def datasource_problem(self, uid: str) -> str | None:
        """Let Grafana check a datasource; return why it does not work, None if it does.

        Raises:
            NoSuchCheck: this release of Grafana has no check for datasources of that type.

        """
        path = f"/api/datasources/uid/{quote(uid, safe='')}/health"
        answer = await self._send("GET", path)
        body = _json(answer)
        if body.get("status") == "OK" and answer.is_success:
            return None
        if answer.status_code == httpx.codes.NOT_FOUND and body.get("message") == "Not found":
            raise NoSuchCheck(f"{self.url}{path}: this Grafana has no check of its own for it")
        return str(body.get("message") or body.get("error") or _excerpt(answer))

    async def dashboard(self, uid: str) -> FoundDashboard | None:
        """Return the dashboard under `uid`, None where there is none."""
        path = f"/api/dashboards/uid/{quote(uid, safe='')}"
        answer = await self._send("GET", path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        body = _json(self._checked(answer))
        meta = _mapping(body.get("meta"))
        file = str(meta.get("provisionedExternalId") or "")
        return FoundDashboard(_mapping(body.get("dashboard")), meta.get("provisioned") is True, file)

    async def search(self, query: str = "") -> tuple[Mapping[str, Any], ...]:
        """Return `uid`, `title` and `url` of the dashboards whose title contains `query`."""
        return tuple(await self._list("/api/search", type="dash-db", query=query))

    async def query(self, queries: Sequence[Mapping[str, Any]], from_ms: int, to_ms: int) -> Mapping[str, QueryResult]:
        """Send queries as a panel does; returns an answer per `refId`, with an error where the datasource refused.

        Each query names its `refId`, `datasource: {uid}`, `intervalMs`, `maxDataPoints` and what its datasource needs.
        """
        asked = {"queries": list(queries), "from": str(from_ms), "to": str(to_ms)}
        answer = await self._send("POST", "/api/ds/query", json=asked)
        body = _json(answer)
        results = _mapping(body.get("results"))
        if not results:
            raise GrafanaError(f"{self.url}/api/ds/query: {body.get('message') or _excerpt(answer)}")
        return {str(ref_id): _answered(_mapping(result)) for ref_id, result in results.items()}

    async def resource(self, uid: str, path: str, **parameters: str) -> Any:
        """Ask a datasource through Grafana, as the variables of a dashboard do; returns `data` of its answer.

        The error carries the datasource's own words where it gave any.
        """
        place = f"/api/datasources/uid/{quote(uid, safe='')}/resources/{path}"
        answer = await self._send("GET", place, params=parameters)
        body = _json(answer)
        if body.get("status") == "success":
            return body.get("data")
        raise GrafanaError(str(body.get("error") or body.get("message") or f"{answer.request.url}: {_excerpt(answer)}"))

    async def open_to(self, path: str, credentials: tuple[str, str] | None) -> int | None:
        """Ask for `path` as a stranger or with guessed credentials; return the status if it let them in, else None.

        A redirection leads to the page where people sign in: that is no entry.
        """
        auth = httpx.BasicAuth(*credentials) if credentials else None
        answer = await self._send("GET", path, auth=auth)
        if answer.is_server_error:
            raise GrafanaError(f"{self.url}{path}: {_excerpt(answer)}")
        return answer.status_code if answer.is_success else None

    async def _object(self, method: str, path: str, **options: Any) -> Mapping[str, Any]:
        return _json(self._checked(await self._send(method, path, **options)))

    async def _list(self, path: str, **parameters: str) -> list[Mapping[str, Any]]:
        answer = self._checked(await self._send("GET", path, params=parameters))
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, list):
            raise GrafanaError(f"{answer.request.url}: expected a JSON list, got {_excerpt(answer)}")
        return [item for item in found if isinstance(item, Mapping)]

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        options.setdefault("auth", self._auth)
        try:
            async with self._turn:
                return await self._http.request(method, f"{self.url}{path}", timeout=TIMEOUT_S, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            raise GrafanaError(f"{self.url}{path}: no answer ({broken or type(broken).__name__})") from broken

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise GrafanaError(f"{answer.request.url}: Grafana refuses the credentials of this run: {_excerpt(answer)}")
        raise GrafanaError(f"{answer.request.url}: {_excerpt(answer)}")


def _answered(result: Mapping[str, Any]) -> QueryResult:
    if result.get("error"):
        return QueryResult(error=str(result["error"]))
    counts = [_values(frame) for frame in result.get("frames") or () if isinstance(frame, Mapping)]
    drawn = [count for frame in counts for count in frame]
    return QueryResult(series=len(drawn), values=sum(drawn))


def _values(frame: Mapping[str, Any]) -> Iterator[int]:
    """Values per series of one frame: numbers that are not null, or the lines of a frame of logs."""
    fields = _mapping(frame.get("schema")).get("fields") or []
    columns = _mapping(frame.get("data")).get("values") or []
    kinds = [str(_mapping(field).get("type")) for field in fields]
    numbers = [column for kind, column in zip(kinds, columns, strict=False) if kind == "number"]
    if numbers:
        yield from (sum(value is not None for value in column) for column in numbers)
    elif "string" in kinds and columns and columns[0]:
        yield len(columns[0])


def _json(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError as broken:
        raise GrafanaError(f"{answer.request.url}: not JSON: {_excerpt(answer)}") from broken
    if not isinstance(body, Mapping):
        raise GrafanaError(f"{answer.request.url}: expected a JSON object, got {_excerpt(answer)}")
    return body


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _excerpt(answer: httpx.Response) -> str:
    return f"{answer.status_code} {' '.join(answer.text.split())[:EXCERPT_CHARACTERS]}"
