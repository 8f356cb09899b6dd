"""Stored log lines: which services have some, pages of them, what surrounds one, counts and export."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from stack.console.access.guard import Viewer, guard_of
from stack.console.access.limits import EXPORTS_PER_ACCOUNT
from stack.console.api.models import Limit
from stack.console.api.paging import USUAL, After, page_of
from stack.console.api.ranges import UNITS, InRange, TimeRange
from stack.console.problems import Problem, not_found
from stack.console.upstream.logql import LABEL, LogFilter, LogQuery, one_of
from stack.console.upstream.loki import LogLine, LogSource, encoded

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])
ERRORS = ("error", "critical")
BARS = 120
SERVICES_AT_ONCE = 8
BACK = 30 * UNITS["d"]
"""How far back the last line of a service is looked for: Loki refuses queries over more than 30 days and an hour."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell must not begin, or a spreadsheet computes it: OWASP, CSV injection."""
Patterns = Annotated[tuple[str, ...], Query(max_length=20)]
Word = Annotated[str, Query(max_length=200)]


class LogService(BaseModel):
    """A service that has lines in the range; times are nanoseconds since 1970, as text."""

    service: str
    system: str
    instances: list[str]
    lines: int
    errors: int
    last: str | None


class LogServices(BaseModel):
    """Such services, by system and name; `next` is what to go on behind, None where there are no more.

    `simulated` says that a stand-in answered and no Loki.
    """

    services: list[LogService]
    next: str | None
    simulated: bool


class LogPage(BaseModel):
    """Lines, and how far they reach: `stopped` says why it ended, `next` goes on from there."""

    lines: list[dict[str, Any]]
    stopped: Literal["limit", "end of range"]
    next: str | None
    newest_before: str | None
    """Where no line is in the range: the time of the last one before it, if there was one in the
    30 days before the end of the range."""
    query: str
    simulated: bool


class LogContext(BaseModel):
    """Lines around one line of the same stream's service and instance, oldest first; whether a day has more of them."""

    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    more_before: bool
    more_after: bool


class Volume(BaseModel):
    """Counts per step and level; times in seconds since 1970, each the end of its step."""

    step: int
    levels: dict[str, list[tuple[int, int]]]


async def _filter(
    level: Patterns = (),
    contains: Patterns = (),
    excludes: Patterns = (),
    regex: Patterns = (),
    not_regex: Patterns = (),
    request_id: Word = "",
    field: Patterns = (),
    not_field: Patterns = (),
) -> LogFilter:
    for text in (*level, *contains, *excludes, *regex, *not_regex, *field, *not_field):
        if len(text) > 1000:
            raise Problem(422, "a search text is longer than 1,000 characters")
    fields = (*(_field(text, "=") for text in field), *(_field(text, "!=") for text in not_field))
    return LogFilter(tuple(level), tuple(contains), tuple(excludes), tuple(regex), tuple(not_regex), request_id, fields)


def _field(text: str, operator: str) -> tuple[str, str, str]:
    name, equals, value = text.partition("=")
    if not equals or not LABEL.fullmatch(name):
        raise Problem(422, f"`{text[:100]}` is no condition on a label: write name=value")
    return name, operator, value


Filter = Annotated[LogFilter, Depends(_filter)]


async def _query(
    identity: Viewer, service_id: str, wanted: Filter, also: Patterns = (), instance: Word = ""
) -> LogQuery:
    """Return the query for the lines of a service and of those in `also` that this account may read.

    Where the account may see one of several services only within some systems, the others are narrowed to these too:
    a selector cannot say it of one alone.

    Raises:
        Problem: 404, the account may see no service of one of these names.

    """
    services = sorted({service_id, *also})
    systems: frozenset[str] | None = None
    for service in services:
        allowed = identity.permission.systems_for(service)
        if allowed is None:
            continue
        systems = allowed if systems is None else systems & allowed
    if systems is not None and not systems:
        raise not_found()
    matchers = [one_of("service", services)]
    if systems is not None:
        matchers.append(one_of("system", sorted(systems)))
    if wanted.levels:
        matchers.append(one_of("level", sorted(set(wanted.levels))))
    if instance:
        matchers.append(("instance", "=", instance))
    return LogQuery(tuple(matchers), wanted)


Wanted = Annotated[LogQuery, Depends(_query)]
"""The lines that a request asks for: path and parameters of every route on log lines, within the account's scope."""


def loki_of(request: Request) -> LogSource:
    """Return where the application's log lines come from."""
    loki: LogSource = request.app.state.loki
    return loki


@router.get("/services", summary="Services that log")
async def services(
    request: Request, identity: Viewer, within: InRange, after: After = "", limit: Limit = USUAL
) -> LogServices:
    """Return the services with lines in the range: instances, number of lines and of errors, and the last line."""
    loki, every = loki_of(request), LogQuery((("service", "=~", ".+"),))
    rows = await loki.counts(every, ("system", "service", "instance", "level"), within.start, within.end)
    found: dict[tuple[str, str], LogService] = {}
    for labels, count in rows:
        system, service = labels.get("system", ""), labels.get("service", "")
        if not identity.permission.allows(system, service):
            continue
        entry = found.setdefault(
            (system, service),
            LogService(service=service, system=system, instances=[], lines=0, errors=0, last=None),
        )
        entry.lines += count
        entry.errors += count if labels.get("level") in ERRORS else 0
        if (instance := labels.get("instance", "")) and instance not in entry.instances:
            entry.instances.append(instance)

    shown, following = page_of(found.values(), lambda entry: f"{entry.system}\t{entry.service}", after, limit)
    gate = asyncio.Semaphore(SERVICES_AT_ONCE)

    async def complete(entry: LogService) -> None:
        one = LogQuery((("system", "=", entry.system), ("service", "=", entry.service)))
        async with gate:
            page = await loki.page(one, within.start, within.end, 1, "backward")
        entry.last = str(page.lines[0].time) if page.lines else None
        entry.instances.sort()

    await asyncio.gather(*map(complete, shown))
    return LogServices(services=shown, next=following, simulated=guard_of(request).settings.loki_simulated)


@router.get("/{service_id}", summary="Lines of a service", response_model=LogPage)
async def lines(
    request: Request,
    query: Wanted,
    within: InRange,
    direction: Literal["backward", "forward"] = "backward",
    cursor: Word = "",
    limit: Limit = 500,
) -> Response:
    """Return lines of a service and of those named by `also`, newest first unless `direction` says otherwise."""
    loki = loki_of(request)
    start, end = _from_cursor(cursor, within, direction)
    page = await loki.page(query, start, end, limit, direction)
    newest = None
    if not page.lines and not cursor:
        streams = replace(query, filter=LogFilter())
        newest = await _newest_before(loki, streams, within)
        now = time.time_ns()
        # A service may be younger than the range.
        if newest is None and not await loki.exists(streams, now - BACK, now):
            raise not_found()
    answer = LogPage.model_construct(
        lines=[orjson.Fragment(line) for _, line in encoded(page.lines)],
        stopped="limit" if page.more else "end of range",
        next=str(page.lines[-1].time) if page.more else None,
        newest_before=newest,
        query=str(query),
        simulated=guard_of(request).settings.loki_simulated,
    )
    # Encoded as it is: FastAPI would check each of thousands of lines once more.
    return Response(orjson.dumps(answer.__dict__), media_type="application/json")


@router.get("/{service_id}/context", summary="Lines around one line")
async def context(
    request: Request,
    query: Wanted,
    line: Annotated[str, Query(pattern=r"^\d{19}-[0-9a-f]{12}$", description="the id of the line")],
    limit: Limit = 20,
) -> LogContext:
    """Return what the service wrote just before and after a line, whatever it says."""
    loki, stream = loki_of(request), replace(query, filter=LogFilter())
    at, day = int(line.partition("-")[0]), UNITS["d"]
    before = await loki.page(stream, at - day, at, limit, "backward")
    after = await loki.page(stream, at, at + day, limit + 1, "forward")
    others = [each for each in after.lines if each.id != line]
    return LogContext(
        before=[each.shown() for each in reversed(before.lines[:limit])],
        after=[each.shown() for each in others[:limit]],
        more_before=before.more or len(before.lines) > limit,
        more_after=after.more or len(others) > limit,
    )


@router.get("/{service_id}/volume", summary="Counts over time")
async def volume(
    request: Request,
    query: Wanted,
    within: InRange,
) -> Volume:
    """Return how many lines there are per step and level."""
    step = max(1, -(-within.seconds // BARS))
    levels = await loki_of(request).volume(query, within.start, within.end, step)
    return Volume(step=step, levels=levels)


@router.get("/{service_id}/export", summary="Export lines", response_class=StreamingResponse)
async def export(
    request: Request,
    identity: Viewer,
    service_id: str,
    query: Wanted,
    within: InRange,
    form: Annotated[Literal["txt", "jsonl", "csv"], Query(alias="format")] = "jsonl",
) -> StreamingResponse:
    """Stream every line of the range, oldest first; an answer that is cut off is not complete."""
    guard, loki = guard_of(request), loki_of(request)
    if not guard.limits.count(EXPORTS_PER_ACCOUNT, "exports", identity.account):
        guard.record(request, "excess_rate_limit_exceeded", "refused", actor=identity.account, target="export")
        raise Problem(429, "too many exports; wait a minute", {"Retry-After": "60"})
    first = loki.all(query, within.start, within.end)
    # The first page is read before the answer begins: what Loki refuses is then an error and no broken download.
    page: list[LogLine] = await anext(first, [])
    guard.record(
        request, "sensitive_read", "success", actor=identity.account, target=service_id, query=str(query)[:1000],
        start=str(within.start), end=str(within.end), format=form,
    )  # fmt: skip
    name = f"{_file_name(service_id)}-{within.start // 10**9}-{within.end // 10**9}.{form}"
    write, media = FORMATS[form]

    async def body() -> AsyncIterator[bytes]:
        if form == "csv":
            yield ",".join(CSV_COLUMNS).encode() + b"\r\n"
        yield write(page)
        async for more in first:
            yield write(more)

    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(body(), media_type=media, headers=headers)


def _from_cursor(cursor: str, within: TimeRange, direction: str) -> tuple[int, int]:
    if not cursor:
        return within.start, within.end
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) == 19):
        raise Problem(422, "the cursor is none that this API gave")
    at = int(cursor)
    return (within.start, min(within.end, at)) if direction == "backward" else (max(within.start, at + 1), within.end)


async def _newest_before(loki: LogSource, stream: LogQuery, within: TimeRange) -> str | None:
    page = await loki.page(stream, min(within.start, within.end - BACK), within.end, 1, "backward")
    return str(page.lines[0].time) if page.lines else None


CSV_COLUMNS = ("time", "system", "service", "instance", "level", "line")


def _jsonl(lines: Sequence[LogLine]) -> bytes:
    return b"".join([line + b"\n" for _, line in encoded(lines)])


def _txt(lines: Sequence[LogLine]) -> bytes:
    return "".join(f"{line.text}\n" for line in lines).encode("utf-8", "replace")


def _csv_lines(lines: Sequence[LogLine]) -> bytes:
    known: dict[int, str] = {}  # by the labels of a stream, which its lines share
    rows = []
    for at, labels, _, text in lines:
        cells = known.get(id(labels))
        if cells is None:
            cells = known[id(labels)] = ",".join(_cell(labels.get(key, "")) for key in CSV_COLUMNS[1:-1])
        rows.append(f"{at},{cells},{_cell(text)}\r\n")
    return "".join(rows).encode("utf-8", "replace")


def _cell(text: str) -> str:
    # As csv.writer does, which looks at each character: half of the time that an export of JSON lines took.
    safe = f"'{text}" if text.startswith(FORMULA) else text
    if '"' in safe or "," in safe or "\n" in safe or "\r" in safe:
        return '"' + safe.replace('"', '""') + '"'
    return safe


def _file_name(service: str) -> str:
    return "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in service)[:80]


FORMATS: dict[str, tuple[Callable[[Sequence[LogLine]], bytes], str]] = {
    "jsonl": (_jsonl, "application/x-ndjson"),
    "txt": (_txt, "text/plain; charset=utf-8"),
    "csv": (_csv_lines, "text/csv; charset=utf-8"),
}
