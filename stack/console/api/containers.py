"""Containers of this compose project."""

from typing import Any, Literal

from fastapi import APIRouter, Request

from stack.console.access.guard import Operator, Viewer, guard_of
from stack.console.api.models import Limit, Model
from stack.console.api.paging import USUAL, After, page_of
from stack.console.problems import Problem
from stack.console.upstream.docker import Docker

router = APIRouter(prefix="/api/v1/containers", tags=["containers"])


class Action(Model):
    """What to do with a container, and why."""

    action: Literal["start", "stop", "restart"]
    reason: str = ""


class ContainersPage(Model):
    """Containers, by name; `next` is what to go on behind, None where there are no more."""

    containers: list[dict[str, Any]]
    next: str | None


def _docker(request: Request) -> Docker:
    docker: Docker = request.app.state.docker
    return docker


@router.get("", summary="Containers")
async def containers(request: Request, identity: Viewer, after: After = "", limit: Limit = USUAL) -> ContainersPage:
    """Return the containers of this project that the account may see."""
    found = await _docker(request).containers(identity.permission)
    shown, following = page_of(found, lambda each: str(each["name"]), after, limit)
    return ContainersPage(containers=shown, next=following)


@router.get("/{container}", summary="One container")
async def container(request: Request, identity: Viewer, container: str) -> dict[str, Any]:
    """Return state, health, restarts and limits; never the environment."""
    return await _docker(request).container(identity.permission, container)


@router.get("/{container}/stats", summary="Processor and memory")
async def stats(request: Request, identity: Viewer, container: str) -> dict[str, Any]:
    """Return processor use in cores and memory in bytes, now."""
    return await _docker(request).stats(identity.permission, container)


@router.post("/{container}/action", summary="Start, stop or restart")
async def act(request: Request, identity: Operator, container: str, body: Action) -> dict[str, Any]:
    """Start, stop or restart a container, and return it as it is then."""
    guard, docker = guard_of(request), _docker(request)
    shown = await docker.container(identity.permission, container)
    details = {"container": shown["id"][:12], "reason": body.reason[:500]}
    event = f"sys_{body.action}"
    try:
        after = await docker.act(identity.permission, container, body.action)
    except Problem as problem:
        guard.record(
            request, event, "failure", actor=identity.account, target=shown["name"], error=problem.detail, **details
        )
        raise
    guard.record(request, event, "success", actor=identity.account, target=shown["name"], **details)
    return after
