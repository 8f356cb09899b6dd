"""What the audit log has of the acts of a trial, in the API and in the log store, and whether its chain holds."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stack.clients.log_reader import LogReader
from stack.eventually import eventually_or_last
from stack.records.console.audit import Act, ConsoleAudit, ConsoleChain
from suites.console.collect.asking import Account, Console, ConsoleSilent, Done

FIRST = "0" * 64
DELIVERED_S = 60.0
Line = Mapping[str, Any]


async def exported(console: Console, admin: Account) -> list[Line]:
    """Return every line of the audit log, oldest first."""
    answer = await console.ask("GET", "/api/v1/audit/export", admin)
    if not answer.is_success:
        raise ConsoleSilent(f"GET /api/v1/audit/export answers {answer.status_code}")
    try:
        return [json.loads(line) for line in reversed(answer.text.splitlines()) if line]
    except ValueError as broken:
        raise ConsoleSilent("GET /api/v1/audit/export answers no lines of JSON") from broken


def acts(done: Sequence[Done], lines: Sequence[Line], stored: Iterable[str] | None, no_store: str) -> ConsoleAudit:
    """Pair the acts with the lines of the audit log, and with those that are `stored` (None: nobody asked)."""
    known = {(line.get("event"), line.get("request_id")) for line in lines}
    there = None if stored is None else set(_pairs(stored))
    found = {
        Act(one.what, one.event, pair in known, None if there is None else pair in there): None
        for one in done
        for pair in [(one.event, one.request_id)]
    }
    return ConsoleAudit(tuple(found), no_store)


async def delivered(reader: LogReader, selector: str, start_ns: int, done: Sequence[Done]) -> list[str]:
    """Wait until the log store has a line for each act, and return what it has."""
    wanted = {one.request_id for one in done}

    async def read() -> list[str]:
        return [entry.line for entry in await reader.entries(selector, start_ns, start_ns + 3600 * 10**9)]

    def complete(lines: list[str]) -> bool:
        return wanted <= {request_id for _, request_id in _pairs(lines)}

    return await eventually_or_last(read, complete, DELIVERED_S, describe="the audit log in the log store")


def _pairs(lines: Iterable[str]) -> Iterable[tuple[Any, Any]]:
    for text in lines:
        try:
            line = json.loads(text)
            yield line.get("event"), line.get("request_id")
        except (ValueError, AttributeError):
            continue


async def chain(console: Console, admin: Account) -> ConsoleChain:
    """Follow the chain of the exported lines by its description, and ask the console what it says of it."""
    told = await console.ask("GET", "/api/v1/audit/verification", admin)
    if not told.is_success:
        raise ConsoleSilent(f"GET /api/v1/audit/verification answers {told.status_code}")
    lines = await exported(console, admin)
    return ConsoleChain(len(lines), bool(told.json().get("intact")), tuple(breaks(lines))[:20])


def breaks(lines: Sequence[Line]) -> Iterable[str]:
    """Yield every place where the chain is broken: each line has its number, its hash, and that of the line before."""
    sequence = 0
    previous: Any = FIRST
    if lines and isinstance(first := lines[0].get("sequence"), int) and first > 1:
        yield f"{first - 1} lines before the first are missing"
        sequence, previous = first - 1, lines[0].get("previous")
    for line in lines:
        number, own = line.get("sequence"), line.get("hash")
        content = {key: value for key, value in line.items() if key != "hash"}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        if own != hashlib.sha256(text.encode()).hexdigest():
            yield f"line {number} was changed"
        elif number != sequence + 1 or line.get("previous") != previous:
            yield f"line {number} does not continue line {sequence}"
        sequence, previous = number if isinstance(number, int) else sequence + 1, own
