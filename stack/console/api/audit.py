"""The audit log: read with filters, exported, verified."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from stack.console.access.guard import Admin, guard_of
from stack.console.api.models import Limit, Model
from stack.console.audit import end_of_chain, verify

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])
BREAKS = 100
"""Places where the chain is broken that are named."""
Text = Annotated[str, Query(max_length=256)]


class AuditPage(Model):
    """Lines, newest first; `next` is the sequence to go on before, None where there are no more."""

    lines: list[dict[str, Any]]
    next: int | None


class Verification(Model):
    """Whether the chain is whole; `breaks` says where it is not, `left_out` how many more such places there are."""

    intact: bool
    lines: int
    breaks: list[str]
    left_out: int


@router.get("", summary="Read the audit log")
async def read(
    request: Request,
    _: Admin,
    actor: Text = "",
    event: Text = "",
    outcome: Text = "",
    before: int | None = None,
    limit: Limit = 200,
) -> AuditPage:
    """Return lines, newest first."""
    wanted = {"actor": actor, "event": event, "outcome": outcome}
    found = await asyncio.to_thread(_page, _matching(request, wanted, before), limit + 1)
    more = len(found) > limit
    return AuditPage(lines=found[:limit], next=found[limit - 1]["sequence"] if more else None)


@router.get("/export", summary="Export the audit log", response_class=StreamingResponse)
async def export(
    request: Request, identity: Admin, actor: Text = "", event: Text = "", outcome: Text = ""
) -> StreamingResponse:
    """Stream every line that matches, newest first, as JSON lines."""
    guard = guard_of(request)
    guard.record(request, "sensitive_read", "success", actor=identity.account, target="audit log")
    lines = _matching(request, {"actor": actor, "event": event, "outcome": outcome}, None)

    async def stream() -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(_page, lines, 1000):
            yield b"".join(json.dumps(line).encode() + b"\n" for line in piece)

    return StreamingResponse(
        stream(),
        media_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="audit.jsonl"'},
    )


@router.get("/verification", summary="Verify the chain")
async def verification(request: Request, _: Admin) -> Verification:
    """Verify that no line was changed, removed or inserted."""
    guard = guard_of(request)
    end = end_of_chain(request.app.state.database)
    breaks = await asyncio.to_thread(verify, guard.audit.path, end)
    told = [f"line {each.line} {each.message}" for each in breaks[:BREAKS]]
    return Verification(intact=not breaks, lines=end[0], breaks=told, left_out=len(breaks) - len(told))


def _matching(request: Request, wanted: dict[str, str], before: int | None) -> Iterator[dict[str, Any]]:
    for line in guard_of(request).audit.newest():
        if before is not None and line.get("sequence", 0) >= before:
            continue
        if all(not value or line.get(key) == value for key, value in wanted.items()):
            yield line


def _page(lines: Iterator[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    return list(islice(lines, limit))
