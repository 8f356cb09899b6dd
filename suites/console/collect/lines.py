"""Lines that the trial writes itself: exported and compared with what is stored, and followed live over a cut."""

import asyncio
import csv
import io
import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby, takewhile
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson
from websockets.exceptions import InvalidMessage

from stack.clients.log_reader import LogReader
from stack.eventually import Patience, aeventually
from stack.records.console.lines import ConsoleExports, ConsoleTails, Export, Tail
from stack.records.logs.entry import LogEntry
from suites.console.collect.asking import Account, Console, ConsoleSilent, with_query

SYSTEM = "console-trial"
STORED_S = 60.0
"""How long the agent may take to deliver what was written."""
FIRST, AWAY, LAST = 30, 45, 60
"""Lines of the tail up to its cut, those that are written while the client is away, and in all."""
ALONE, WAITED_S = 5, 4.0
"""Lines that are written one by one, and how long each is waited for once the log store has it."""
SPECIAL = 'says "a" {b=~`c`} |= \\d+ ü \U0001f600 =1+1 \x1b[31mred'
"""Text with a meaning in LogQL, JSON, spreadsheets and terminals."""
COMPUTED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell must not begin: a table of lines has an apostrophe before it, or a spreadsheet would compute it."""
PIECES = ('says \\"a\\"', "{b=~`c`} |= \\\\d+", "=1+1")
"""Pieces of it as they stand in a stored line of JSON."""


@dataclass
class Writer:
    """Writes numbered lines of JSON into a log file that the agent reads, each with a time of its own."""

    folder: Path
    service: str
    begun_s: float = 2.0
    """How long ago the first line says that it was written, in seconds."""
    written: int = 0
    _begun: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Set the time that lines count from."""
        self._begun = datetime.now(UTC) - timedelta(seconds=self.begun_s)

    @property
    def selector(self) -> str:
        """The stream of the lines."""
        return f'{{service="{self.service}"}}'

    @property
    def start_ns(self) -> int:
        """A time before the first line, in nanoseconds."""
        return int(self._begun.timestamp()) * 10**9

    def write(self, upto: int) -> None:
        """Write lines until there are `upto`."""
        file = self.folder / SYSTEM / self.service / "main.log"
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [self._line(number) for number in range(self.written + 1, upto + 1)]
        with file.open("a", encoding="utf-8") as log:
            log.write("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))
        self.written = upto

    def _line(self, number: int) -> dict[str, Any]:
        at = self._begun + timedelta(microseconds=number)
        message = SPECIAL if number % 10 == 1 else f"line {number}"
        return {
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": "info",
            "service": self.service,
            "event": "trial",
            "message": message,
            "number": number,
        }


async def stored(reader: LogReader, writer: Writer) -> list[LogEntry]:
    """Wait until the log store has every line of a writer, and return them, oldest first.

    Raises:
        TimeoutError: it has not got them in time.

    """

    async def read() -> list[LogEntry]:
        return await reader.entries(writer.selector, writer.start_ns, writer.start_ns + 3600 * 10**9)

    return await aeventually(
        read,
        lambda entries: len(entries) >= writer.written,
        STORED_S,
        0.1,
        describe=f"{writer.written} lines of {writer.service} in the log store",
    )


async def exports(
    console: Console, account: Account, service: str, start_ns: int, end_ns: int, entries: Sequence[LogEntry]
) -> ConsoleExports:
    """Export a range in every format, and compare it with `entries`, which are what is stored of it, oldest first."""
    found = []
    for form, (read, written) in FORMS.items():
        path = with_query(f"/api/v1/logs/{service}/export", {"start": start_ns, "end": end_ns, "format": form})
        answer = await console.ask("GET", path, account, act=("an export of lines", "sensitive_read"))
        if not answer.is_success:
            raise ConsoleSilent(f"GET {path} answers {answer.status_code}: {answer.text[:200]}")
        try:
            told = read(answer.content)
        except (ValueError, KeyError, IndexError) as broken:
            told = [f"what cannot be read: {broken}"]
        wanted = [(entry.timestamp_ns, line) for entry in entries for line in written(entry.line)]
        found.append(Export(form, len(wanted), len(told), _difference(wanted, told)))
    return ConsoleExports(tuple(found))


def _difference(wanted: Sequence[tuple[int, str]], told: Sequence[str]) -> str:
    """Where lines first differ; several streams may have lines of one time, and these come in any order."""
    at = 0
    for _, group in groupby(wanted, itemgetter(0)):
        lines = [line for _, line in group]
        others = told[at : at + len(lines)]
        if sorted(lines) != sorted(others):
            same = takewhile(lambda pair: pair[0] == pair[1], zip(lines, others, strict=False))
            return f"line {at + len(list(same)) + 1}"
        at += len(lines)
    return f"line {at + 1}" if at != len(told) else ""


def _txt(body: bytes) -> list[str]:
    return body.decode().split("\n")[:-1]


def _jsonl(body: bytes) -> list[str]:
    return [orjson.loads(line)["line"] for line in body.split(b"\n")[:-1]]


def _csv(body: bytes) -> list[str]:
    rows = list(csv.reader(io.StringIO(body.decode(), newline="")))[1:]
    return [row[-1] for row in rows]


def _cell(line: str) -> list[str]:
    return [f"'{line}" if line.startswith(COMPUTED) else line]


FORMS: Mapping[str, tuple[Callable[[bytes], list[str]], Callable[[str], list[str]]]] = {
    "txt": (_txt, lambda line: line.split("\n")),
    "jsonl": (_jsonl, lambda line: [line]),
    "csv": (_csv, _cell),
}
"""How each format is read, and what a stored line is in it."""


class _Client:
    """What one client of a live tail got so far."""

    def __init__(self) -> None:
        self.got: list[int] = []
        self.announced = 0
        self.last = ""
        self.live = asyncio.Event()

    def take(self, message: Mapping[str, Any]) -> None:
        """Take one message."""
        if message["type"] == "lines":
            self.got += [json.loads(line["line"])["number"] for line in message["lines"]]
            self.last = message["id"]
        elif message["type"] == "dropped":
            self.announced += message["slow_client"] + message["loki"]
        elif message.get("state") == "live":
            self.live.set()


Stream = Callable[[Console, str, Account, str], Any]


@asynccontextmanager
async def _socket(console: Console, service: str, account: Account, after: str) -> AsyncIterator[AsyncIterator[Any]]:
    path = with_query(f"/api/v1/ws/logs/{service}", {"backlog": 0, **({"after": after} if after else {})})
    async with console.socket(path, account.headers) as socket:
        yield _messages(socket)
        socket.transport.abort()  # cut off, not closed


async def _messages(socket: Any) -> AsyncIterator[Any]:
    async for message in socket:
        yield orjson.loads(message)


@asynccontextmanager
async def _events(console: Console, service: str, account: Account, after: str) -> AsyncIterator[AsyncIterator[Any]]:
    sent = account.headers | ({"Last-Event-ID": after} if after else {})
    async with console.events(with_query(f"/api/v1/sse/logs/{service}", {"backlog": 0}), sent) as answer:
        yield _data(answer.aiter_lines())


async def _data(lines: AsyncIterator[str]) -> AsyncIterator[Any]:
    async for line in lines:
        if line.startswith("data:"):
            yield orjson.loads(line.removeprefix("data:"))


STREAMS: Mapping[str, Stream] = {"WebSocket": _socket, "events": _events}


async def tails(console: Console, account: Account, folder: Path, service: str, reader: LogReader) -> ConsoleTails:
    """Follow lines as they are written, cut the connection, and go on.

    One client more is never cut: when it has a line, the console has read it, and whoever is away has missed it.
    """
    writer = Writer(folder, service)
    clients = {over: _Client() for over in STREAMS}
    watcher = _Client()
    watching = asyncio.create_task(_follow(console, "WebSocket", account, service, watcher))

    async def reached(number: int, *tasks: asyncio.Task[None]) -> None:
        writer.write(number)
        who = [watcher, *(clients.values() if tasks else ())]
        await _until(lambda: all(number in client.got for client in who), [watching, *tasks])

    async def follow(number: int) -> None:
        reading = [asyncio.create_task(_follow(console, over, account, service, clients[over])) for over in STREAMS]
        try:
            await _until(lambda: all(client.live.is_set() for client in (watcher, *clients.values())), reading)
            await reached(number, *reading)
        finally:
            for task in reading:
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)

    try:
        await follow(FIRST)
        await reached(AWAY)
        for client in clients.values():
            client.live.clear()
        await follow(LAST)
        behind = [one async for one in _behind(reader, writer, watcher)]
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    cut = [Tail(over, LAST, tuple(client.got), announced=client.announced) for over, client in clients.items()]
    whole = Tail("WebSocket without a cut", LAST, tuple(watcher.got), 0, watcher.announced)
    return ConsoleTails((*cut, whole), tuple(behind))


async def _behind(reader: LogReader, writer: Writer, client: _Client) -> AsyncIterator[float]:
    """Write lines one by one, and yield how much later than the log store the client has each."""
    for number in range(LAST + 1, LAST + ALONE + 1):
        writer.write(number)
        await stored(reader, writer)
        patience = Patience(WAITED_S)
        while number not in client.got and patience.left() > 0:
            await asyncio.sleep(0.02)
        yield round(WAITED_S - max(patience.left(), 0.0), 3)
        if number not in client.got:
            return


async def _follow(console: Console, over: str, account: Account, service: str, client: _Client) -> None:
    try:
        async with STREAMS[over](console, service, account, client.last) as messages:
            async for message in messages:
                client.take(message)
    except (InvalidMessage, OSError, TimeoutError, EOFError) as silent:
        raise ConsoleSilent(f"the live tail by {over}: {silent or type(silent).__name__}") from silent


async def _until(there: Callable[[], bool], reading: Sequence[asyncio.Task[None]]) -> None:
    """Wait until something is there, a reader ends, or patience does: what was got until then is judged.

    Raises:
        ConsoleSilent: a reader ended because it got no connection, or none any more.

    """
    patience = Patience(STORED_S)
    while not there() and patience.left() > 0 and not any(task.done() for task in reading):
        await asyncio.sleep(0.05)
    for task in reading:
        if task.done() and isinstance(silent := task.exception(), ConsoleSilent):
            raise silent


def services() -> dict[str, str]:
    """Names of services for one trial: those that its limited account may see, and one that it may not."""
    mark = secrets.token_hex(3)
    return {kind: f"trial-{kind}-{mark}" for kind in ("own", "bulk", "tail", "other")}
