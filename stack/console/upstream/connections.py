"""The connections to the servers behind the console, which all of its parts share.

They are aiohttp's, behind httpx' interface of a transport: its parser of HTTP is written in C, and a page of log lines
takes less than half of the processor time that it takes with httpx' own transport to ask for.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
import httpx
from yarl import URL

CONNECTIONS = 64
BUFFER = 256 * 1024
"""Bytes of an answer that wait for us before a server must; a page of an export has some megabytes."""


class Connections(httpx.AsyncBaseTransport):
    """A pool of connections, made and closed in a running event loop.

    A connection that the server closed while it was idle is opened again, and a request without side effects is then
    sent once more. Answers are given as they came, without redirects or cookies.
    """

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=BUFFER,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer's body is read from the connection as it is asked for.

        Raises:
            httpx.TimeoutException: a step took longer than the request allows.
            httpx.NetworkError: there is no connection, or no HTTP on it.

        """
        allowed = request.extensions["timeout"]
        with _as_httpx():
            answer = await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=request.headers.multi_items(),
                data=request.content or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    connect=allowed["pool"], sock_connect=allowed["connect"], sock_read=allowed["read"]
                ),
            )
        return httpx.Response(answer.status, headers=list(answer.raw_headers), stream=_Body(answer), request=request)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._session.close()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for piece in self._answer.content.iter_any():
                yield piece

    async def aclose(self) -> None:
        self._answer.release()  # closes the connection where the body was not read to its end


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except aiohttp.ServerTimeoutError as error:
        raise httpx.ReadTimeout(str(error)) from error
    except aiohttp.ClientError as error:
        raise httpx.NetworkError(str(error) or type(error).__name__) from error
