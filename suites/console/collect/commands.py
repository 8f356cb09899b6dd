"""Executes the documented commands for the gateway: each `curl` line of the documents, read and sent by ourselves.

No shell runs: of a line, path, parameters and whether it signs in are taken, and the address and the account are those
of the run.
"""

import asyncio
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from stack.clients.gateway import GatewayClient
from stack.eventually import eventually_or_last
from stack.records.console.commands import Command, ConsoleCommands, Unasked

DOCUMENTS = ("README.md", "docs/console.md", "docs/deploy.md")
WAIT_S = 60.0
DOCUMENTED = "http://localhost:4080"
BLOCK = re.compile(r"^```(?:bash|sh)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
QUIET = ("-s", "-S", "-f", "-sS", "-fsS", "-i")
"""Options that change nothing about the request."""
BEHIND = {
    "/api/v1/health": "docaiche-api",
    "/api/v1/stats": "docaiche-api",
    "/api/": "console",
    "/console/": "console",
    "/loki/": "loki",
    "/prometheus/": "prometheus",
    "/grafana/": "grafana",
}
"""Which server a path of the gateway leads to; the first that fits counts."""


@dataclass(frozen=True)
class Documented:
    """A command at `file`, `line`: a GET of `path`, with the account of the run where it is `signed`."""

    text: str
    file: str
    line: int
    path: str
    parameters: tuple[tuple[str, str], ...] = ()
    signed: bool = False

    @property
    def behind(self) -> str:
        """The server that answers it; empty where the gateway itself does."""
        return next((name for path, name in BEHIND.items() if self.path.startswith(path)), "")


def documented(root: Path) -> list[Documented]:
    """Every command of the documents that asks the gateway; a document that is not there has none.

    Raises:
        ValueError: one has an option that is not known here.

    """
    files = [name for name in DOCUMENTS if (root / name).is_file()]
    return [one for name in files for one in commands((root / name).read_text(encoding="utf-8"), name)]


def commands(text: str, file: str) -> Iterator[Documented]:
    """The commands in the code blocks of one document."""
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1)) + 1
        for first in re.split(r"(?<!\\)\n", block[1]):
            if first.startswith("curl ") and DOCUMENTED in first:
                yield _command(re.sub(r"\s*\\\n\s*", " ", first), file, line)
            line += first.count("\n") + 1


def _command(text: str, file: str, line: int) -> Documented:
    words = iter(shlex.split(text, comments=True)[1:])
    url, signed, get = "", False, False
    parameters: list[tuple[str, str]] = []
    for word in words:
        if word in ("-u", "--user"):
            signed = bool(next(words))
        elif word in ("-G", "--get"):
            get = True
        elif word == "--data-urlencode":
            name, _, value = next(words).partition("=")
            parameters.append((name, value))
        elif word.startswith(DOCUMENTED):
            url = word.removeprefix(DOCUMENTED)
        elif word not in QUIET:
            raise ValueError(f"{file}:{line}: what `{word}` does to a request is not known here")
    if parameters and not get:
        raise ValueError(f"{file}:{line}: only GET is executed; -G is missing")
    return Documented(text, file, line, url or "/", tuple(parameters), signed)


async def execute(
    gateway: GatewayClient, account: tuple[str, str] | None, found: Sequence[Documented], absent: Mapping[str, str]
) -> ConsoleCommands:
    """Execute all; `absent` says of a server why it is not behind this gateway.

    Raises:
        GatewayError: it did not answer at all.

    """

    async def one(command: Documented) -> Command:
        async def once() -> Command:
            auth = account if command.signed else None
            parameters = command.parameters or None
            answer = await gateway.send("GET", command.path, params=parameters, auth=auth, follow_redirects=False)
            return Command(command.text, command.file, command.line, answer.status_code, held(answer))

        # A stack that has just started has no target and no line yet.
        return await eventually_or_last(once, settled, WAIT_S, "there is something to be shown")

    here = [command for command in found if command.behind not in absent]
    gone = [command for command in found if command.behind in absent]
    executed = await asyncio.gather(*map(one, here))
    return ConsoleCommands(tuple(executed), tuple(Unasked(each.text, absent[each.behind]) for each in gone))


def settled(command: Command) -> bool:
    """Whether an answer holds something, or waiting is of no use."""
    return bool(command.lines) if command.status == 200 else command.status < 500


def held(answer: httpx.Response) -> int:
    """How much an answer held: log lines, samples, targets, entries; of text that is no JSON, its lines."""
    try:
        body = answer.json()
    except ValueError:
        return len(answer.text.split("\n")) if answer.text.strip() else 0
    data = body.get("data", body) if isinstance(body, dict) else body
    if isinstance(data, dict) and isinstance(found := data.get("result"), list):
        return sum(len(each.get("values", "1")) if isinstance(each, dict) else 1 for each in found)
    if isinstance(data, dict) and "activeTargets" in data:
        return len(data["activeTargets"])
    return len(data) if isinstance(data, dict | list | str) else 1
