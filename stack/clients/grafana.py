"""Typed reads from Grafana's HTTP API, and queries of its datasources as a browser sends them.

Source: https://grafana.com/docs/grafana/latest/developers/http_api/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from stack.clients.server_client import ServerClient, ServerError, excerpt, place
from stack.records.dashboards.answers import QueryResult


class GrafanaError(ServerError):
    """Grafana did not answer as it should."""


class NoSuchCheck(GrafanaError):  # noqa: N818  # an answer, not a fault
    """Grafana cannot check datasources of that type itself."""


@dataclass(frozen=True, slots=True)
class FoundDashboard:
    """A dashboard as Grafana serves it: its JSON model, and whether it comes from a provisioned file."""

    model: Mapping[str, Any]
    provisioned: bool
    file: str


class GrafanaClient(ServerClient):
    """Reads of one Grafana. All methods raise `GrafanaError`.

    `url` includes the path that Grafana is served below (`http://host/grafana`); `credentials` are user and password.
    """

    error = GrafanaError

    def __init__(self, url: str, http: httpx.AsyncClient, credentials: tuple[str, str] | None) -> None:
        super().__init__(url, http)
        # Without any, the client may sign in by other means.
        self._auth = httpx.BasicAuth(*credentials) if credentials else httpx.USE_CLIENT_DEFAULT

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
        body = self.json(answer, dict)
        if body.get("status") == "OK" and answer.is_success:
            return None
        if answer.status_code == httpx.codes.NOT_FOUND and body.get("message") == "Not found":
            raise NoSuchCheck(f"{self.url}{path}: this Grafana has no check of its own for it")
        return str(body.get("message") or body.get("error") or excerpt(answer))

    async def dashboard(self, uid: str) -> FoundDashboard | None:
        """Return the dashboard under `uid`, None where there is none."""
        path = f"/api/dashboards/uid/{quote(uid, safe='')}"
        answer = await self._send("GET", path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        body = self.json(self._checked(answer), dict)
        meta = _mapping(body.get("meta"))
        file = str(meta.get("provisionedExternalId") or "")
        return FoundDashboard(_mapping(body.get("dashboard")), meta.get("provisioned") is True, file)

    async def query(self, queries: Sequence[Mapping[str, Any]], from_ms: int, to_ms: int) -> Mapping[str, QueryResult]:
        """Send queries as a panel does; returns an answer per `refId`, with an error where the datasource refused.

        Each query names its `refId`, `datasource: {uid}`, `intervalMs`, `maxDataPoints` and what its datasource needs.
        """
        request = {"queries": list(queries), "from": str(from_ms), "to": str(to_ms)}
        answer = await self._send("POST", "/api/ds/query", json=request)
        body = self.json(answer, dict)
        results = _mapping(body.get("results"))
        if not results:
            raise GrafanaError(f"{self.url}/api/ds/query: {body.get('message') or excerpt(answer)}")
        return {str(ref_id): _answered(_mapping(result)) for ref_id, result in results.items()}

    async def resource(self, uid: str, path: str, **parameters: str) -> Any:
        """Query a datasource through Grafana, as the variables of a dashboard do; returns `data` of its answer.

        The error is the datasource's own message where it gave one.
        """
        answer = await self._send(
            "GET", f"/api/datasources/uid/{quote(uid, safe='')}/resources/{path}", params=parameters
        )
        body = self.json(answer, dict)
        if body.get("status") == "success":
            return body.get("data")
        raise GrafanaError(str(body.get("error") or body.get("message") or f"{place(answer)}: {excerpt(answer)}"))

    async def create_viewer(self, login: str, password: str) -> None:
        """Create a user who may only read; for a Grafana of the run's own, as its administrator."""
        body = {"login": login, "name": login, "password": password}
        self._checked(await self._send("POST", "/api/admin/users", json=body))
        role = self.json(self._checked(await self._send("GET", "/api/org/users")), list)
        given = next((one.get("role") for one in role if isinstance(one, Mapping) and one.get("login") == login), None)
        if given != "Viewer":
            raise GrafanaError(f"{self.url}: a new user is `{given}`, not `Viewer`")

    async def version(self) -> str:
        """Return Grafana's version, empty where it does not tell."""
        body = self.json(await self._send("GET", "/api/health"), dict)
        return str(body.get("version") or "")

    async def access_status(self, path: str, credentials: tuple[str, str] | None) -> int:
        """Request `path` without credentials or with guessed ones; return the status of the answer.

        A redirection leads to the page where users sign in: that is no access.
        """
        auth = httpx.BasicAuth(*credentials) if credentials else None
        answer = await self._send("GET", path, auth=auth)
        if answer.is_server_error:
            raise GrafanaError(f"{self.url}{path}: {excerpt(answer)}")
        return answer.status_code

    async def refuses_own_password(self) -> bool:
        """Whether the run has a user and password, and they are refused: then others prove nothing."""
        own = isinstance(self._auth, httpx.BasicAuth)
        return own and (await self._send("GET", "/api/user")).status_code == httpx.codes.UNAUTHORIZED

    async def _list(self, path: str) -> list[Mapping[str, Any]]:
        found = self.json(self._checked(await self._send("GET", path)), list)
        return [item for item in found if isinstance(item, Mapping)]

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.send(method, path, **{"auth": self._auth, **options})

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise GrafanaError(f"{place(answer)}: Grafana refuses the credentials of this run: {excerpt(answer)}")
        raise GrafanaError(f"{place(answer)}: {excerpt(answer)}")


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


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
