"""Requests to the servers behind the console: bounded in time and size, redirects never followed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from stack.console.problems import Problem

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
MAX_BYTES = 64 * 1024 * 1024


class Upstream:
    """One server; `name` is what users call it."""

    def __init__(self, name: str, url: str, http: httpx.AsyncBaseTransport) -> None:
        self.name, self.url, self._http = name, url, http

    async def json(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request and return the JSON of its answer.

        Raises:
            Problem: 503 without such a server, 504 when it takes too long, 502 for an answer that cannot be used;
                400 for a request that the server refuses, with what it says.

        """
        answer = await self.send(method, path, **arguments)
        try:
            return orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            raise Problem(502, f"{self.name} answered something that is no JSON") from error

    async def send(self, method: str, path: str, **arguments: Any) -> bytes:
        """Send a request and return the body of its answer; raises as `json` does."""
        async with self._answer(method, path, **arguments) as answer:
            pieces, size = [], 0
            async for piece in answer.aiter_bytes():
                size += len(piece)
                if size > MAX_BYTES:
                    raise Problem(502, f"{self.name} answered with more than {MAX_BYTES >> 20} MiB; narrow the request")
                pieces.append(piece)
        body = b"".join(pieces)
        if answer.is_success:
            return body
        told = body[:500].decode("utf-8", "replace").strip()
        if answer.status_code in (400, 404, 409, 422):
            raise Problem(400 if answer.status_code == 422 else answer.status_code, f"{self.name}: {told}")
        raise Problem(502, f"{self.name} answered {answer.status_code}: {told}")

    @asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        *,
        timeout: httpx.Timeout = TIMEOUT,  # one for each step of a request, by the transport
        headers: Mapping[str, str] | None = None,
        **arguments: Any,
    ) -> AsyncIterator[httpx.Response]:
        if not self.url:
            raise Problem(503, f"this console has no {self.name}: start it, and set its address (docs/console.md)")
        # In one network, packing and unpacking takes longer than sending.
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        extensions = {"timeout": timeout.as_dict()}
        request = httpx.Request(method, self.url + path, headers=sent, extensions=extensions, **arguments)
        try:
            answer = await self._http.handle_async_request(request)
            try:
                yield answer
            finally:
                await answer.aclose()
        except httpx.TimeoutException as error:
            raise Problem(504, f"{self.name} did not answer in time; try a shorter range") from error
        except httpx.HTTPError as error:
            raise Problem(502, f"{self.name} cannot be reached: {error or type(error).__name__}") from error

    async def reachable(self, path: str) -> str:
        """Return `up`, or why it is not, in words."""
        try:
            await self.send("GET", path, timeout=httpx.Timeout(3.0))
        except Problem as problem:
            return problem.detail
        return "up"
