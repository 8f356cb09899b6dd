"""Requests to a gateway without credentials, with credentials, and for a live tail."""

from collections.abc import Mapping
from urllib.parse import quote

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from stack.clients.server_client import ServerClient, ServerError
from stack.clients.sign_in import Access
from stack.records.live.gateway_trial import Route

TIMEOUT_S = 20.0
TAIL = "/loki/api/v1/tail"


class GatewayError(ServerError):
    """The gateway did not answer at all."""


class GatewayClient(ServerClient):
    """Requests to one gateway. All methods raise `GatewayError` unless they say otherwise."""

    error = GatewayError

    async def route(self, path: str, credentials: tuple[str, str] | None = None) -> Route:
        """Request a path with these credentials alone, or with none."""
        answer = await self.send("GET", path, auth=credentials, timeout=TIMEOUT_S, follow_redirects=False)
        return Route(path, answer.status_code, answer.headers.get("location", ""))

    async def tail_problem(self, tail: str, query: str, headers: Mapping[str, str], access: Access) -> str:
        """Open the live tail at the URL `tail` and close it again; return why it did not open, empty where it did.

        `headers` sign the request; certificates and proxy are those of `access`. Never raises.
        """
        url = f"ws{tail.removeprefix('http')}?query={quote(query)}&limit=1"
        try:
            async with _Connect(
                url,
                additional_headers=headers,
                proxy=access.proxy or None,
                ssl=access.context() if url.startswith("wss:") else None,
                open_timeout=TIMEOUT_S,
                close_timeout=1,
            ):
                return ""
        except InvalidStatus as refused:
            answered = f"{refused.response.status_code} {refused.response.reason_phrase}".strip()
            return f"answered {answered} instead of 101 Switching Protocols"
        except TimeoutError:
            return f"no answer within {TIMEOUT_S:g} s"
        except WebSocketException as broken:
            return str(broken)
        except (OSError, ValueError) as broken:
            return f"{type(broken).__name__}: {broken}"


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        """Report a redirect as the answer that it is: a page to sign in at is no tail."""
        return exc
