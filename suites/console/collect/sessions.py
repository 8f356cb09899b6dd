"""One session from sign-in to sign-out, wrong sign-ins, and where the secrets of a trial turn up."""

import asyncio
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from stack.eventually import Patience
from stack.records.console.sessions import (
    ConsoleSecrets,
    ConsoleSession,
    ConsoleSignIns,
    ConsoleTerminal,
    ConsoleTls,
    Leak,
    Refusal,
    StreamEnd,
)
from suites.console.collect.asking import REQUEST_ID, Account, Console, ConsoleSilent, Done, alike

SESSION = "/api/v1/session"
END_S = 30.0
"""How long a stream may go on after sign-out; the console promises less, but counts on no particular machine."""
MOST_WRONG = 12
USUAL = (("admin", "admin"), ("admin", "password"), ("root", "root"), ("grafana", "grafana"), ("operator", "operator"))
SHORTEST_SECRET = 8


async def sign_in(console: Console, account: Account, **headers: str) -> tuple[httpx.Response, str]:
    """Sign in; returns the answer and the header `Cookie` of the session, empty where there is none."""
    body = {"name": account.name, "password": account.password}
    answer = await console.ask("POST", SESSION, headers=headers, json=body, act=("a sign-in", "authn_login_success"))
    cookie = answer.headers.get("set-cookie", "").partition(";")[0]
    if cookie:
        console.secrets[cookie.partition("=")[2]] = "session id"
    return answer, cookie


async def session(console: Console, account: Account, service: str, *, again: bool) -> ConsoleSession:
    """Sign in and out; with `again` also twice in one browser, with an id that was planted before."""
    first, cookie = await sign_in(console, account)
    name = cookie.partition("=")[0]
    planted = before = None
    same = False
    if again and cookie:
        chosen = f"{name}={secrets.token_urlsafe(32)}"
        answer, taken = await sign_in(console, account, Cookie=chosen, **console.browser)
        if answer.is_success:
            planted = 200 if taken == chosen else await _status(console, chosen)
        answer, second = await sign_in(console, account, Cookie=cookie, **console.browser)
        if answer.is_success:
            before, same = await _status(console, cookie), second == cookie
        cookie = second or cookie
    signed_in = await _status(console, cookie)
    streams, signed_out = await _signed_out(console, cookie, service)
    told = first.headers.get("set-cookie", "")
    shown = f"{name}=…{told[len(told.partition(';')[0]) :]}" if told else ""
    return ConsoleSession(shown, console.https, signed_in, planted, before, same, signed_out, streams)


async def _status(console: Console, cookie: str) -> int:
    return (await console.ask("GET", SESSION, headers={"Cookie": cookie})).status_code


async def _signed_out(console: Console, cookie: str, service: str) -> tuple[tuple[StreamEnd, ...], int]:
    """Sign out while two streams are open."""
    sent = {"Cookie": cookie, "Origin": console.origin}
    socket_path, events_path = (f"/api/v1/{kind}/logs/{service}?backlog=0" for kind in ("ws", "sse"))
    try:
        async with console.socket(socket_path, sent) as socket, console.events(events_path, sent) as stream:
            spoken = asyncio.Event(), asyncio.Event()
            ends = [asyncio.create_task(_closed(socket, spoken[0])), asyncio.create_task(_read(stream, spoken[1]))]
            # One that was refused, or ends by itself, would look as if sign-out had ended it.
            opened = [await _is_open(end, said) for end, said in zip(ends, spoken, strict=True)]
            status = await _leave(console, cookie)
            await _wait(ends, asyncio.ALL_COMPLETED)
            ended = [end.done() for end in ends]
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
    except Exception as broken:
        if isinstance(broken, ConsoleSilent | ConnectionClosed):
            raise
        return (), await _leave(console, cookie)  # no stream is open to this account
    names = (f"WS {socket_path}", f"GET {events_path}")
    told = zip(names, opened, ended, strict=True)
    return tuple(StreamEnd(name, over) for name, was_open, over in told if was_open), status


async def _is_open(end: asyncio.Task[None], spoken: asyncio.Event) -> bool:
    """Whether a stream says something, and goes on."""
    said = asyncio.create_task(spoken.wait())
    await _wait((end, said), asyncio.FIRST_COMPLETED)
    said.cancel()
    return spoken.is_set() and not end.done()


async def _wait(tasks: Sequence[asyncio.Task[Any]], when: str) -> None:
    """Wait for tasks as long as patience lasts."""
    patience, rest = Patience(END_S), set(tasks)
    while rest and (left := patience.left()) > 0:
        done, rest = await asyncio.wait(rest, timeout=min(left, 1.0), return_when=when)
        if done and when == asyncio.FIRST_COMPLETED:
            return


async def _leave(console: Console, cookie: str) -> int:
    sent = {"Cookie": cookie, **console.browser}
    await console.ask("DELETE", SESSION, headers=sent, act=("a sign-out", "session_expired"))
    return await _status(console, cookie)


async def _closed(socket: ClientConnection, spoken: asyncio.Event) -> None:
    try:
        async for _ in socket:
            spoken.set()
    except ConnectionClosed:
        pass


async def _read(stream: httpx.Response, spoken: asyncio.Event) -> None:
    if not stream.is_success:
        return
    try:
        async for _ in stream.aiter_bytes():
            spoken.set()
    except httpx.HTTPError:
        pass


async def with_tls(console: Console, account: Account) -> ConsoleTls:
    """Sign in at a console that is told that users reach it by TLS."""
    answer, cookie = await sign_in(console, account)
    told = answer.headers.get("set-cookie", "")
    shown = f"{cookie.partition('=')[0]}=…{told[len(cookie) :]}" if cookie else ""
    return ConsoleTls(answer.status_code, shown, answer.headers.get("strict-transport-security", ""))


async def terminal(console: Console, account: Account, target: str) -> ConsoleTerminal:
    """Sign out while a terminal of a host is open."""
    _, cookie = await sign_in(console, account)
    path, sent = f"/api/v1/ws/terminal/{target}", {"Cookie": cookie, "Origin": console.origin}
    spoken = asyncio.Event()
    async with console.socket(path, sent) as socket:
        end = asyncio.create_task(_ended(socket, spoken))
        opened = await _is_open(end, spoken)
        status = await _leave(console, cookie)
        await _wait([end], asyncio.ALL_COMPLETED)
        ended = end.done()
        end.cancel()
        await asyncio.gather(end, return_exceptions=True)
    return ConsoleTerminal(opened, ended, status)


async def _ended(socket: ClientConnection, spoken: asyncio.Event) -> None:
    try:
        async for message in socket:
            if json.loads(message)["type"] == "output":
                spoken.set()
    except ConnectionClosed:
        pass


async def sign_ins(console: Console, account: Account) -> ConsoleSignIns:
    """Sign in with wrong passwords, many of them for `account`, and with usual ones."""

    async def wrong(name: str, password: str, event: str) -> Refusal:
        body = {"name": name, "password": password}
        answer = await console.ask("POST", SESSION, json=body, act=("a wrong sign-in", event))
        return Refusal(answer.status_code, alike(answer.text, name), answer.headers.get("retry-after", ""))

    known = await wrong(account.name, _password(console), "authn_login_fail")
    unknown = await wrong(f"trial-{secrets.token_hex(4)}", _password(console), "authn_login_fail")
    usual = [(name, await _answered(console, name, password)) for name, password in USUAL]
    in_a_row = [known]
    while len(in_a_row) < MOST_WRONG and in_a_row[-1].status != httpx.codes.TOO_MANY_REQUESTS:
        in_a_row.append(await _answered(console, account.name, _password(console)))
    right = await console.ask("POST", SESSION, json={"name": account.name, "password": account.password})
    if right.status_code == httpx.codes.TOO_MANY_REQUESTS:
        request_id = right.request.headers[REQUEST_ID]
        console.acts.append(Done("a sign-in at a locked account", "authn_login_lock", request_id))
    then = Refusal(right.status_code, "", right.headers.get("retry-after", ""))
    missed = {name for name, answer in usual if not answer.is_told}
    tried = tuple(dict.fromkeys(name for name, _ in usual if name not in missed))
    accepted = tuple(dict.fromkeys(name for name, answer in usual if answer.status < 400))
    return ConsoleSignIns(known, unknown, tuple(in_a_row), then, tried, accepted)


async def _answered(console: Console, name: str, password: str) -> Refusal:
    answer = await console.ask("POST", SESSION, json={"name": name, "password": password})
    return Refusal(answer.status_code, alike(answer.text, name), answer.headers.get("retry-after", ""))


def _password(console: Console) -> str:
    password = secrets.token_urlsafe(12)
    console.secrets[password] = "password"  # the kind of secret
    return password


def searched(files: Sequence[Path], secrets_used: dict[str, str]) -> ConsoleSecrets:
    """Search log files for secrets; they are searched as text, whatever the format of the lines."""
    wanted = {secret: kind for secret, kind in secrets_used.items() if len(secret) >= SHORTEST_SECRET}
    lines, leaks = 0, dict[Leak, None]()
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
        lines += text.count("\n")
        leaks |= {Leak(kind, file.parent.name): None for secret, kind in wanted.items() if secret in text}
    return ConsoleSecrets(lines, tuple(sorted(set(wanted.values()))), tuple(leaks))
