"""On which addresses the processes of a component listen."""

from __future__ import annotations

import contextlib
import os

import psutil


def sockets_of(group: int) -> tuple[str, ...] | None:
    """Return `host:port` of every listening TCP socket of the processes of a group, sorted.

    None where this user may not look, or nothing of the group runs any more.
    """
    members = [pid for pid in psutil.pids() if _group_of(pid) == group]
    try:
        connections = [one for pid in members for one in psutil.Process(pid).net_connections(kind="tcp")]
    except psutil.Error:
        return None
    listening = {one.laddr for one in connections if one.status == psutil.CONN_LISTEN}
    shown = sorted(f"[{at.ip}]:{at.port}" if ":" in at.ip else f"{at.ip}:{at.port}" for at in listening)
    return tuple(shown) if members else None


def _group_of(pid: int) -> int | None:
    with contextlib.suppress(OSError):  # it has ended since
        return os.getpgid(pid)
    return None
