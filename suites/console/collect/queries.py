"""Lists as a limited account gets them, and text that looks like a query, sent through every text parameter."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import orjson
from websockets.exceptions import ConnectionClosed, InvalidStatus

from stack.records.console.access import ConsoleListings, ConsoleQueries, Shown
from suites.console.collect.access import all_of
from suites.console.collect.asking import TIMEOUT_S, Account, Console, ConsoleSilent, named_services, shown, with_query
from suites.console.collect.contract import Endpoint

HOSTILE = ('"} |= "" or {service=~".+"} #', '`"\\', '", service=~".+', "\x00\n{}|=~ü\U0001f600")
"""Ends of strings and selectors, what a backtick quotes, and characters that each language escapes in its own way."""
SEARCHED = ("contains",)
EXPORTS = "/export"
EXPRESSIONS = ("query",)


def bypasses(own: str, other: str) -> tuple[str, ...]:
    """PromQL that tries to read more than the scope of its account."""
    selector = f'up{{service="{own}"}}'
    return (
        f"{selector} or up",
        f"{selector} # \n or up",
        '{__name__=~".+"}',
        f'up{{service="{own}" or service="{other}"}}',
        f'up{{service=~"{own}|{other}"}}',
        f'label_replace(up{{service="{other}"}}, "service", "{own}", "", "")',
        f"absent({selector}) or up",
    )


async def listings(console: Console, account: Account, allowed: Sequence[str], own: str, other: str) -> ConsoleListings:
    """Get every list as an account with a limited scope."""
    requests = (
        "/api/v1/logs/services?since=15m",
        with_query(f"/api/v1/logs/{own}", {"also": other, "limit": 1000}),
        with_query(f"/api/v1/logs/{own}/export", {"also": other}),
        "/api/v1/containers",
        "/api/v1/alerts",
        with_query("/api/v1/metrics/query", {"query": f'up{{service="{own}"}}'}),
    )
    found = [shown(f"GET {path}", await console.ask("GET", path, account)) for path in requests]
    found += [Shown(f"WS {path}", tuple(await _live(console, path, account))) for path in _sockets(own, other)]
    return ConsoleListings(tuple(allowed), tuple(one for one in found if one.status < 400))


def _sockets(own: str, other: str) -> tuple[str, ...]:
    return (with_query(f"/api/v1/ws/logs/{own}", [("also", other), ("backlog", "1000")]),)


async def _live(console: Console, path: str, account: Account) -> list[str]:
    """The services whose lines a WebSocket begins with."""
    found: list[str] = []
    try:
        async with asyncio.timeout(TIMEOUT_S), console.socket(path, account.headers) as socket:
            async for message in socket:
                told = orjson.loads(message)
                found += named_services(told)
                if told.get("type") in ("state", "end"):
                    break
    except TimeoutError as silent:
        raise ConsoleSilent(f"WS {path} says neither that it is live nor why it ends") from silent
    except (InvalidStatus, ConnectionClosed, ValueError):
        pass  # refused, which shows nothing
    return list(dict.fromkeys(found))


async def queries(
    console: Console,
    endpoints: Sequence[Endpoint],
    account: Account,
    allowed: Sequence[str],
    own: str,
    other: str,
    texts: Mapping[str, int],
) -> ConsoleQueries:
    """Send hostile text through every text parameter of what can be read, as an account with a limited scope.

    `texts` are pieces of stored lines of `own` that have a meaning in LogQL, with the number of lines that hold each.
    """
    sent = []
    for one in endpoints:
        if one.method != "GET" or one.is_stream or not one.about_service:
            continue
        for parameter in one.texts:
            if parameter in EXPRESSIONS:
                sent += [_Sent(one, parameter, text, own) for text in bypasses(own, other)]
                continue
            # An account may export only so often.
            some = HOSTILE[:1] if one.path.endswith(EXPORTS) else HOSTILE
            sent += [_Sent(one, parameter, text, own) for text in some]
        if "{service_id}" in one.path:
            sent += [_Sent(one, "service_id", text, own) for text in HOSTILE[:3]]
        if one.path.endswith("{service_id}"):
            sent += [_Sent(one, parameter, text, own, count) for parameter in SEARCHED for text, count in texts.items()]
    return ConsoleQueries(tuple(allowed), tuple(await all_of([each.by(console, account) for each in sent])))


class _Sent:
    """One text in one parameter."""

    def __init__(self, endpoint: Endpoint, parameter: str, text: str, own: str, expected: int | None = None) -> None:
        self._endpoint, self._parameter, self._text, self._own = endpoint, parameter, text, own
        self._expected = expected

    def by(self, console: Console, account: Account) -> Callable[[], Awaitable[Shown]]:
        async def ask() -> Shown:
            if self._parameter == "service_id":
                path = self._endpoint.filled(self._text)
            else:
                path = self._endpoint.filled(self._own, **{self._parameter: self._text})
            answer = await console.ask("GET", path, account)
            found = None
            if self._expected is not None:
                found = len(answer.json().get("lines", ())) if answer.is_success else 0
            about = {"parameter": self._parameter, "text": self._text, "expected": self._expected, "found": found}
            return shown(self._endpoint.name, answer, **about)

        return ask
