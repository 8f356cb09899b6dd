"""The SSH terminal: hosts, running sessions and recordings, for admins who see everything.

Every message on the WebSocket is one JSON object with a `type`. The client sends `input` (`data`) and `resize` (`cols`,
`rows`); it receives `state`, `output` (`data`), `heartbeat`, and as the last one `end` with the reason.
"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, WebSocket
from fastapi.responses import FileResponse
from starlette.requests import HTTPConnection

from stack.console.access.guard import Admin, guard_of
from stack.console.access.sessions import Identity
from stack.console.api.models import Limit, Model
from stack.console.problems import Problem, not_found
from stack.console.terminal.recording import MEDIA_TYPE
from stack.console.terminal.sessions import Cols, Rows, Terminals

router = APIRouter(prefix="/api/v1", tags=["terminal"])


async def _sees_everything(identity: Admin) -> Identity:
    # A host is part of no system: an account that sees a part of the platform has no business there.
    if not identity.permission.everything:
        raise not_found()
    return identity


FullAdmin = Annotated[Identity, Depends(_sees_everything)]


class TargetModel(Model):
    """A host that can be connected to."""

    name: str
    host: str
    port: int
    user: str


class TargetsModel(Model):
    """The hosts and the limits in seconds; `unavailable` says why there is no terminal, and is empty where there is."""

    targets: list[TargetModel]
    unavailable: str
    idle_s: float
    longest_s: float
    sessions: int
    record_input: bool


class SessionModel(Model):
    """A session that runs, and from which address."""

    id: str
    account: str
    target: str
    address: str
    started: datetime
    recording: str


class RecordingModel(Model):
    """A recording; `size` in bytes."""

    name: str
    account: str
    target: str
    started: datetime
    size: int
    running: bool


class RecordingsPage(Model):
    """Recordings, newest first; `next` is the name to go on before, None where there are no more."""

    recordings: list[RecordingModel]
    next: str | None


def _terminals(connection: HTTPConnection) -> Terminals:
    terminals: Terminals = connection.app.state.terminals
    return terminals


@router.websocket("/ws/terminal/{target}")
async def terminal(
    socket: WebSocket,
    identity: FullAdmin,
    target: str,
    cols: Annotated[Cols, Query()] = 80,
    rows: Annotated[Rows, Query()] = 24,
) -> None:
    """Connect with the shell of a host."""
    terminals = _terminals(socket)
    found = terminals.target(target)
    with socket.app.state.telemetry.streams.labels("terminal").track_inprogress():
        await socket.accept()
        await terminals.serve(socket, identity, found, cols, rows)


@router.get("/terminal/targets", summary="Hosts of the terminal")
async def targets(request: Request, _: FullAdmin) -> TargetsModel:
    """Return the hosts and the limits, or why there is no terminal."""
    terminals = _terminals(request)
    config = terminals.config
    shown = [
        TargetModel(name=each.name, host=each.host, port=each.port, user=each.user) for each in config.targets.values()
    ]
    return TargetsModel(
        targets=shown,
        unavailable=terminals.unavailable,
        idle_s=config.idle_s,
        longest_s=config.longest_s,
        sessions=config.sessions,
        record_input=config.record_input,
    )


@router.get("/terminal/sessions", summary="Running sessions")
async def sessions(request: Request, _: FullAdmin) -> list[SessionModel]:
    """Return the sessions that are open now, oldest first; the configuration limits how many there can be."""
    return [
        SessionModel(
            id=each.id,
            account=each.account,
            target=each.target.name,
            address=each.address,
            started=_time(each.started),
            recording=each.recording,
        )
        for each in _terminals(request).running.values()
    ]


@router.delete("/terminal/sessions/{session_id}", status_code=204, summary="End a session")
async def end(request: Request, identity: FullAdmin, session_id: str) -> None:
    """End a running session; whoever is connected is told who ended it."""
    session = _terminals(request).running.get(session_id)
    if session is None:
        raise not_found()
    guard_of(request).record(
        request,
        "authz_admin",
        "success",
        actor=identity.account,
        target=f"terminal {session.target.name}",
        session=session.id,
        account=session.account,
        act="session ended",
    )
    session.end(f"ended by {identity.account}")


@router.get("/terminal/recordings", summary="Recordings")
async def recordings(
    request: Request,
    _: FullAdmin,
    before: Annotated[str, Query(max_length=64, description="the name to go on before")] = "",
    limit: Limit = 200,
) -> RecordingsPage:
    """Return what was recorded, newest first."""
    terminals = _terminals(request)
    running = {each.recording for each in terminals.running.values()}
    found = [each for each in await asyncio.to_thread(terminals.recordings.all) if not before or each.name < before]
    shown = [
        RecordingModel(
            name=each.name,
            account=each.account,
            target=each.target,
            started=_time(each.started),
            size=each.size,
            running=each.name in running,
        )
        for each in found[:limit]
    ]
    return RecordingsPage(recordings=shown, next=shown[-1].name if len(found) > limit else None)


@router.get("/terminal/recordings/{recording}", summary="Download a recording", response_class=FileResponse)
async def recording_file(request: Request, identity: FullAdmin, recording: str) -> FileResponse:
    """Return a recording as asciicast v3, as `asciinema play` reads it."""
    terminals = _terminals(request)
    path = terminals.recordings.path(recording)
    if path is None:
        raise not_found()
    if any(each.recording == recording for each in terminals.running.values()):
        raise Problem(409, "this session still runs; its recording can be had when it has ended")
    guard_of(request).record(
        request, "sensitive_read", "success", actor=identity.account, target=f"recording {recording}"
    )
    return FileResponse(path, media_type=MEDIA_TYPE, filename=path.name)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
