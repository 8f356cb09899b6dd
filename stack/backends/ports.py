"""Free ports on the loopback address that nobody else takes between choosing and using them.

A port found by binding to 0 and closing can be handed to another thread, worker or program at once. On Linux the
socket therefore stays bound, not listening, with SO_REUSEADDR: the kernel gives that port to nobody who asks for
any port, yet a server that asks for this very one with SO_REUSEADDR (as servers do) may listen on it.
"""

from __future__ import annotations

import atexit
import socket
import sys
import threading

HOST = "127.0.0.1"


class Ports:
    """Ports that are ours until `close`, so that a stopped server can come back to its own."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []
        self._lock = threading.Lock()

    def take(self) -> int:
        """Return a TCP port on 127.0.0.1 that is free, and hold it."""
        holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((HOST, 0))
        port = int(holder.getsockname()[1])
        if sys.platform == "linux":
            with self._lock:
                self._held.append(holder)
        else:
            # Elsewhere SO_REUSEADDR does not let a server listen beside the holder.
            holder.close()
        return port

    def close(self) -> None:
        """Give all ports back."""
        with self._lock:
            for holder in self._held:
                holder.close()
            self._held.clear()


_shared = Ports()
atexit.register(_shared.close)


def free_port() -> int:
    """Return a free TCP port on 127.0.0.1, held for the life of this process."""
    return _shared.take()
