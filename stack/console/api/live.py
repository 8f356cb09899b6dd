"""Live log lines and metrics, as WebSocket or server-sent events, over the same source.

Every message is one JSON object with a `type`: `lines` (with `id`, by which a client resumes), `dropped`, `state`,
`values`, `heartbeat`. Clients that were cut off send the last `id` back (`Last-Event-ID` or `?after=`).
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from stack.console.access.guard import Viewer, guard_of
from stack.console.access.sessions import Identity
from stack.console.api.logs import Wanted
from stack.console.problems import Problem
from stack.console.upstream.logql import LogQuery
from stack.console.upstream.loki import LogLine
from stack.console.upstream.tail import Tail, Tails

router = APIRouter(prefix="/api/v1", tags=["live"])
HEARTBEAT_S = 10.0
CHECK_S = 2.0
"""How often it is checked that the account may still watch: a stream ends within twice this time."""
BATCH_S = 0.1
"""Lines are sent together at most so often: a browser draws ten times a second."""
STREAMS_PER_ACCOUNT = 50
CAUGHT_UP = 20_000
"""Stored lines that a client which comes back is sent at most: it may have been away for weeks, or says so."""
Message = dict[str, Any]


class _Open:
    """Counts the streams of an account in this process."""

    def __init__(self) -> None:
        self._by_account = Counter[str]()

    @contextmanager
    def one_more(self, account: str) -> Iterator[None]:
        """Refuse one too many, and count the others until they end."""
        if self._by_account[account] >= STREAMS_PER_ACCOUNT:
            raise Problem(429, f"this account has {STREAMS_PER_ACCOUNT} open streams already", {"Retry-After": "30"})
        self._by_account[account] += 1
        try:
            yield
        finally:
            self._by_account[account] -= 1
            self._by_account += Counter()  # accounts without a stream are forgotten


OPEN = _Open()


After = Annotated[str, Query(max_length=100, description="the id of the last message that the client had")]
Backlog = Annotated[int, Query(ge=0, le=1000, description="stored lines to begin with")]


@router.get("/sse/logs/{service_id}", summary="Live lines", response_class=StreamingResponse)
async def log_events(
    request: Request, identity: Viewer, query: Wanted, after: After = "", backlog: Backlog = 100
) -> StreamingResponse:
    """Stream lines as server-sent events."""
    after = request.headers.get("last-event-id", "") or after
    return events(request, identity, "logs", _log_messages(request, query, after[:100], backlog))


@router.websocket("/ws/logs/{service_id}")
async def log_socket(
    socket: WebSocket, identity: Viewer, query: Wanted, after: After = "", backlog: Backlog = 100
) -> None:
    """Stream lines over a WebSocket."""
    await send_all(socket, identity, "logs", _log_messages(socket, query, after, backlog))


async def _log_messages(
    connection: HTTPConnection, query: LogQuery, after: str, backlog: int
) -> AsyncGenerator[Message, None]:
    """Yield messages for one client, `idle` where nothing happened for a while."""
    tails: Tails = connection.app.state.tails
    tail = tails.get(query)
    subscription = tail.subscribe()
    try:
        sent, newest, gap = set[str](), 0, False
        async with aclosing(_missed(connection, tail, query, after, backlog)) as missed:
            async for lines in missed:
                if gap := len(sent) >= CAUGHT_UP:
                    break
                shown = [line.shown() for line in lines]
                sent.update(line["id"] for line in shown)
                newest = max(newest, *(line.time for line in lines))
                number = next((each.number for each in reversed(tail.recent(1000)) if each.id == shown[-1]["id"]), 0)
                yield _lines(tail, shown, number, newest)
        yield {"type": "state", "state": "live", "simulated": guard_of(connection).settings.loki_simulated}
        if gap:
            told = f"more than {CAUGHT_UP:,} lines were missed, and the rest is left out here: load the page again"
            yield {"type": "state", "state": told}
        while True:
            batch = await subscription.take(CHECK_S)
            if batch.dropped_slow or batch.dropped_loki:
                yield {"type": "dropped", "slow_client": batch.dropped_slow, "loki": batch.dropped_loki}
            if batch.state:
                yield {"type": "state", "state": batch.state}
            fresh = [each for each in batch.lines if each.id not in sent] if sent else batch.lines
            if fresh:
                newest_now = max(each.line.time for each in fresh)
                yield _lines(tail, [each.encoded for each in fresh], fresh[-1].number, newest_now)
                if sent and fresh[0].line.time > newest + 60 * 10**9:
                    sent.clear()  # nothing of the beginning can come again
                await asyncio.sleep(BATCH_S)
            else:
                yield {"type": "idle"}
    finally:
        tail.unsubscribe(subscription)


async def _missed(
    connection: HTTPConnection, tail: Tail, query: LogQuery, after: str, backlog: int
) -> AsyncGenerator[list[LogLine], None]:
    """Yield what a client that comes back has missed, or what a new one begins with."""
    loki, now = connection.app.state.loki, time.time_ns()
    key, number, at = _resumed(after)
    if number and key == tail.key and (remembered := tail.since(number)) is not None:
        lines = [each.line for each in remembered]
    elif at:
        async with aclosing(loki.all(query, at + 1, now)) as pages:
            async for lines in pages:
                yield lines
        return
    elif backlog:
        lines = (await loki.page(query, now - 3600 * 10**9, now, backlog, "backward")).lines[::-1]
    else:
        return
    if lines:
        yield lines


def _resumed(after: str) -> tuple[str, int, int]:
    parts = after.split(".")
    if len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit():
        return parts[0], int(parts[1]), int(parts[2])
    return "", 0, 0


def _lines(tail: Tail, lines: list[Any], number: int, newest: int) -> Message:
    """Return the message of lines that are shown or encoded already; `number` is 0 where the last one has none."""
    return {"type": "lines", "id": f"{tail.key}.{number}.{newest}", "lines": lines}


class _Events(StreamingResponse):
    """Messages as server-sent events; counted before its head is sent, while others may come."""

    def __init__(self, account: str, messages: AsyncIterator[Message]) -> None:
        headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
        super().__init__(self._events(messages), media_type="text/event-stream", headers=headers)
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with OPEN.one_more(self._account):
            await super().__call__(scope, receive, send)

    @staticmethod
    async def _events(messages: AsyncIterator[Message]) -> AsyncIterator[bytes]:
        async for message in messages:
            event_id = f"id: {message['id']}\n".encode() if "id" in message else b""
            yield event_id + b"event: " + message["type"].encode() + b"\ndata: " + orjson.dumps(message) + b"\n\n"


def events(request: Request, identity: Identity, kind: str, messages: AsyncIterator[Message]) -> StreamingResponse:
    """Return messages as server-sent events."""
    return _Events(identity.account, _lively(request, identity, kind, messages))


async def send_all(socket: WebSocket, identity: Identity, kind: str, messages: AsyncIterator[Message]) -> None:
    """Send messages over a WebSocket until either side ends."""
    with OPEN.one_more(identity.account):  # before anything is waited for: others may come meanwhile
        try:
            await socket.accept()
        except OSError:
            return  # the client has gone already, as a page that is left at once does
        closed = asyncio.create_task(_until_closed(socket))
        sending = asyncio.create_task(_pump(socket, identity, kind, messages))
        try:
            await asyncio.wait({closed, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (closed, sending):
                task.cancel()
            await asyncio.gather(closed, sending, return_exceptions=True)


async def _pump(socket: WebSocket, identity: Identity, kind: str, messages: AsyncIterator[Message]) -> None:
    last: Message = {}
    async for last in _lively(socket, identity, kind, messages):
        await socket.send_text(orjson.dumps(last).decode())
    refused = last.get("type") == "end"
    await socket.close(1008 if refused else 1011, str(last.get("reason", last.get("state", "")))[:120])


async def _until_closed(socket: WebSocket) -> None:
    try:
        while True:
            await socket.receive()
    except (WebSocketDisconnect, RuntimeError):
        return


async def _lively(
    connection: HTTPConnection, identity: Identity, kind: str, messages: AsyncIterator[Message]
) -> AsyncIterator[Message]:
    """Pass messages on, with heartbeats between, until the account may not watch any longer.

    Whether it may is asked on its own clock: a server that takes long to answer keeps no stream open for that.
    """
    sessions, streams = guard_of(connection).sessions, connection.app.state.telemetry.streams.labels(kind)
    spoken = time.monotonic()
    source, following = aiter(messages), None
    with streams.track_inprogress():
        try:
            while True:
                following = following or asyncio.ensure_future(anext(source))
                await asyncio.wait({following}, timeout=CHECK_S)
                now = time.monotonic()
                if not sessions.still(identity):
                    yield {"type": "end", "reason": "signed out, or the account was changed"}
                    return
                message: Message = {"type": "idle"}
                if following.done():
                    message, following = following.result(), None
                if message["type"] != "idle":
                    spoken = now
                    yield message
                elif now - spoken >= HEARTBEAT_S:
                    spoken = now
                    yield {"type": "heartbeat", "time": str(time.time_ns())}
        except StopAsyncIteration:
            return
        except Problem as problem:
            yield {"type": "state", "state": problem.detail}
        finally:
            if following is not None:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
            close = getattr(messages, "aclose", None)
            if close is not None:
                await close()
