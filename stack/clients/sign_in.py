"""Credentials for servers behind basic authentication, each sent to its own server and to no other."""

from collections.abc import Generator, Mapping

import httpx


class SignIn(httpx.Auth):
    """Adds user and password to requests whose URL is below one of the given base URLs; others stay as they are."""

    def __init__(self, credentials: Mapping[str, tuple[str, str]]) -> None:
        # The longest first: `https://host/loki` goes before `https://host`.
        self._known = [
            (url.rstrip("/"), httpx.BasicAuth(*credentials[url])) for url in sorted(credentials, key=len, reverse=True)
        ]

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield the request, signed where it goes to a known server."""
        target = str(request.url)
        for url, basic in self._known:
            if target == url or target.startswith((f"{url}/", f"{url}?")):
                yield from basic.auth_flow(request)
                return
        yield request
