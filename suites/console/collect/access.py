"""Asks every endpoint as every account, and as limited ones for what lies in and outside of their scope."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from stack.records.console.access import Asked, ConsoleAccess, ConsoleScope
from suites.console.collect.asking import NOBODY, Account, Console, ConsoleSilent, alike
from suites.console.collect.contract import Endpoint

T = TypeVar("T")
AT_ONCE = 8
ABSENT = "trial-absent-service"


async def all_of(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Make calls, some at once, and return their results in order."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(call: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await call()

    return list(await asyncio.gather(*(one(call) for call in calls)))


async def matrix(
    console: Console, endpoints: Sequence[Endpoint], accounts: Sequence[Account], service: str, *, changes: bool
) -> ConsoleAccess:
    """Ask every endpoint as nobody and as each role; those that change something only where `changes` is true.

    A change is asked for without a usable body and about what does not exist, so that none is made.
    """
    chosen = [one for one in endpoints if changes or one.method in ("GET", "WS")]
    calls = [partial(_asked, console, one, account, service) for one in chosen for account in (NOBODY, *accounts)]
    return ConsoleAccess(tuple(await all_of(calls)))


async def scope(
    console: Console, endpoints: Sequence[Endpoint], limited: Sequence[Account], own: str, other: str
) -> ConsoleScope:
    """Ask every endpoint that is about a service for one in the scope, one outside, and one that is not there.

    Raises:
        ConsoleSilent: none of them has a server behind the console that answers.

    """
    absent = f"{ABSENT}-{secrets.token_hex(4)}"
    calls = [
        partial(_asked, console, one, account, service, about)
        for one in endpoints
        if one.about_service and one.method in ("GET", "WS")
        for account in limited
        for about, service in (("own", own), ("other", other), ("absent", absent))
    ]
    asked = await all_of(calls)
    answering = {(one.endpoint, one.account) for one in asked if one.status < 500}
    if asked and not answering:
        raise ConsoleSilent(f"every request about a service fails, the first with {asked[0].status}")
    # Where no server is behind the console to answer, nothing is shown by what it says.
    return ConsoleScope(tuple(one for one in asked if (one.endpoint, one.account) in answering))


async def _asked(console: Console, endpoint: Endpoint, account: Account, service: str, about: str = "") -> Asked:
    path = endpoint.filled(service)
    if endpoint.method == "WS":
        status, body = await console.opened(path, account.headers)
    elif endpoint.is_stream:
        status, body = await console.streamed(path, account.headers)
    else:
        sent: dict[str, Any] = {} if endpoint.method in ("GET", "DELETE") else {"json": {}}
        answer = await console.ask(endpoint.method, path, account, **sent)
        status, body = answer.status_code, answer.text if answer.status_code >= 400 else ""
    return Asked(endpoint.name, account.role, status, about, alike(body, service))
