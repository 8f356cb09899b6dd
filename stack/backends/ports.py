"""Free ports on the loopback address that no other program takes before they are used, and the ports in use.

A port found by binding to 0 and closing can be handed to another thread, worker or program at once. On Linux the
socket therefore stays bound, not listening, with SO_REUSEADDR: the kernel gives that port to no program that asks
for any port, yet a server that asks for this very one with SO_REUSEADDR (as servers do) may listen on it.
"""

import atexit
import contextlib
import os
import socket
import sys
import threading

import psutil

HOST = "127.0.0.1"


def address_of(name: str, port: int) -> str:
    """Return the URL of a component on a loopback port."""
    scheme = "redis" if name == "redis" else "http"
    return f"{scheme}://{HOST}:{port}"


class Ports:
    """Ports that are ours until `close`, so that a stopped server can come back to its own."""

    def __init__(self) -> None:
        self._reserved: list[socket.socket] = []
        self._lock = threading.Lock()

    def take(self) -> int:
        """Return a TCP port on 127.0.0.1 that is free, and reserve it."""
        holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((HOST, 0))
        port = int(holder.getsockname()[1])
        if sys.platform == "linux":
            with self._lock:
                self._reserved.append(holder)
        else:
            # Elsewhere SO_REUSEADDR does not let a server listen beside the holder.
            holder.close()
        return port

    def close(self) -> None:
        """Give all ports back."""
        with self._lock:
            for holder in self._reserved:
                holder.close()
            self._reserved.clear()


_shared = Ports()
atexit.register(_shared.close)


def free_port() -> int:
    """Return a free TCP port on 127.0.0.1, reserved for the life of this process."""
    return _shared.take()


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
