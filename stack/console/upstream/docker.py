"""Containers of this compose project, through a proxy of the Docker API that allows no more than this needs.

Source: https://docs.docker.com/reference/api/engine/
"""

import json
import re
from typing import Any
from urllib.parse import quote

import httpx

from stack.console.access.scope import Permission
from stack.console.problems import Problem, not_found
from stack.console.upstream.client import Upstream

PROJECT, SERVICE, SYSTEM = "com.docker.compose.project", "com.docker.compose.service", "observability.system"
NAMED_SERVICE = "observability.service"
ID = re.compile(r"[0-9a-f]{12,64}|[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


class Docker(Upstream):
    """One engine, limited to one project."""

    def __init__(self, url: str, http: httpx.AsyncBaseTransport, project: str) -> None:
        super().__init__("Docker API", url, http)
        self.project = project

    async def containers(self, permission: Permission) -> list[dict[str, Any]]:
        """Return the project's containers that the account may see."""
        filters = json.dumps({"label": [f"{PROJECT}={self.project}"]})
        found = await self.json("GET", "/containers/json", params={"all": "true", "filters": filters})
        shown = [_listed(each) for each in found]
        return [each for each in shown if permission.allows(each["system"], each["service"])]

    async def container(self, permission: Permission, container: str) -> dict[str, Any]:
        """Return one container, without its environment, mounts' sources and command line.

        Raises:
            Problem: 404, also for containers of other projects and outside of the account's scope.

        """
        if not ID.fullmatch(container):
            raise not_found()
        try:
            found = await self.json("GET", f"/containers/{quote(container)}/json")
        except Problem as problem:
            raise (not_found() if problem.status == 404 else problem) from problem
        labels = found["Config"].get("Labels") or {}
        shown = _identity(labels, found["Name"])
        if labels.get(PROJECT) != self.project or not permission.allows(shown["system"], shown["service"]):
            raise not_found()
        state = found["State"]
        return shown | {
            "id": found["Id"],
            "image": found["Config"].get("Image", ""),
            "state": state.get("Status", ""),
            "health": (state.get("Health") or {}).get("Status", ""),
            "exit_code": state.get("ExitCode"),
            "error": state.get("Error", ""),
            "out_of_memory": bool(state.get("OOMKilled")),
            "started": state.get("StartedAt", ""),
            "finished": state.get("FinishedAt", ""),
            "restarts": found.get("RestartCount", 0),
            "memory_limit": (found.get("HostConfig") or {}).get("Memory", 0),
        }

    async def stats(self, permission: Permission, container: str) -> dict[str, Any]:
        """Return processor and memory use now."""
        shown = await self.container(permission, container)
        told = await self.json("GET", f"/containers/{shown['id']}/stats", params={"stream": "false"})
        return {"id": shown["id"], "time": told.get("read", ""), **usage(told)}

    async def act(self, permission: Permission, container: str, action: str) -> dict[str, Any]:
        """Start, stop or restart, and return the container as it is then."""
        shown = await self.container(permission, container)
        await self.send("POST", f"/containers/{shown['id']}/{action}", timeout=httpx.Timeout(60.0, connect=5.0))
        return await self.container(permission, shown["id"])


def usage(told: dict[str, Any]) -> dict[str, Any]:
    """Return processor use in cores and memory in bytes, without the page cache, as `docker stats` computes them."""
    cpu, before = told.get("cpu_stats", {}), told.get("precpu_stats", {})
    used = cpu.get("cpu_usage", {}).get("total_usage", 0) - before.get("cpu_usage", {}).get("total_usage", 0)
    elapsed = cpu.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    memory = told.get("memory_stats", {})
    cache = memory.get("stats", {}).get("inactive_file", 0)
    return {
        "cores": used / elapsed * cpu.get("online_cpus", 1) if elapsed > 0 and used > 0 else 0.0,
        "memory": max(0, memory.get("usage", 0) - cache),
        "memory_limit": memory.get("limit", 0),
    }


def _identity(labels: dict[str, str], name: str) -> dict[str, str]:
    name = name.removeprefix("/")
    service = labels.get(NAMED_SERVICE) or labels.get(SERVICE) or name
    return {"name": name, "service": service, "system": labels.get(SYSTEM) or labels.get(PROJECT, "")}


def _listed(found: dict[str, Any]) -> dict[str, Any]:
    labels = found.get("Labels") or {}
    return _identity(labels, (found.get("Names") or [found["Id"][:12]])[0]) | {
        "id": found["Id"],
        "image": found.get("Image", ""),
        "state": found.get("State", ""),
        "status": found.get("Status", ""),
        "created": found.get("Created", 0),
    }
