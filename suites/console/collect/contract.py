"""What a console offers, read from its OpenAPI document: endpoints, and how a request to each is filled in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from stack.records.console.access import ConsoleContract
from suites.console.collect.asking import Console, ConsoleSilent, with_query
from suites.console.helpers.endpoints import NEEDS

DOCUMENT = "/api/v1/openapi.json"
SOCKETS = "x-websockets"
"""OpenAPI has no WebSockets: the console lists their paths under this key."""
ABSENT = "trial-absent"
SECRET_WORDS = ("password", "secret", "token", "session", "api_key", "apikey")


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: its method (`WS` for a WebSocket), path, and query parameters, the required ones apart."""

    method: str
    path: str
    required: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As the table of endpoints has it."""
        return f"{self.method} {self.path}"

    @property
    def is_stream(self) -> bool:
        """Whether its answer has no end."""
        return "/sse/" in self.path

    @property
    def about_service(self) -> bool:
        """Whether it is about one service: by its path, or by a query."""
        return "{service_id}" in self.path or "query" in self.required

    def filled(self, service: str, there: Mapping[str, str] | None = None, /, **query: str) -> str:
        """Return path and query with `service` where a service belongs, and what does not exist everywhere else.

        `there` has what exists, by its name in the path.
        """
        names, path = {"service_id": service, **(there or {})}, self.path
        while "{" in path:
            before, _, rest = path.partition("{")
            name, _, rest = rest.partition("}")
            path = f"{before}{quote(names.get(name, ABSENT), safe='')}{rest}"
        given = {
            "query": f'up{{service="{service}"}}',
            "line": "1795000000000000000-000000000000",
        }
        return with_query(path, {name: given.get(name, "1") for name in self.required} | query)


async def read(console: Console) -> tuple[Endpoint, ...]:
    """Read the endpoints of a console.

    Raises:
        ConsoleSilent: it has no such document.

    """
    answer = await console.ask("GET", DOCUMENT)
    try:
        document: Mapping[str, Any] = answer.json()
        paths = document["paths"].items()
    except (ValueError, KeyError, AttributeError, TypeError) as broken:
        told = f"{console.url}{DOCUMENT} answers {answer.status_code} and no OpenAPI document"
        raise ConsoleSilent(f"{told}; the address of a console is that of its gateway, without /console/") from broken
    found = [
        _endpoint(method.upper(), path, operation)
        for path, item in paths
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete", "head", "options")
    ]
    usual = [name.removeprefix("WS ") for name in NEEDS if name.startswith("WS ")]
    sockets = document.get(SOCKETS, usual)
    found += [Endpoint("WS", path, ("query",) if path.endswith("/metrics") else ()) for path in sockets]
    return tuple(found)


def as_record(endpoints: Iterable[Endpoint]) -> ConsoleContract:
    """Return the contract as a record."""
    return ConsoleContract(
        tuple(one.name for one in endpoints),
        tuple(f"{one.name} {name}" for one in endpoints for name in one.texts),
    )


def for_secrets(endpoints: Iterable[Endpoint]) -> tuple[str, ...]:
    """Return the query parameters whose names say that a secret belongs there."""
    return tuple(
        f"{one.name} {name}"
        for one in endpoints
        for name in one.texts
        if any(word in name.lower() for word in SECRET_WORDS)
    )


def _endpoint(method: str, path: str, operation: Mapping[str, Any]) -> Endpoint:
    query = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    return Endpoint(
        method,
        path,
        tuple(one["name"] for one in query if one.get("required")),
        tuple(one["name"] for one in query if _takes_text(one.get("schema", {}))),
    )


def _takes_text(schema: Mapping[str, Any]) -> bool:
    kinds = [schema, *schema.get("anyOf", ())]
    items = [kind.get("items", {}) for kind in kinds]
    return any(kind.get("type") == "string" for kind in (*kinds, *items))
