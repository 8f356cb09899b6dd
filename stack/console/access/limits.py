"""How often something may happen, counted in memory over moving windows: a restart forgives.

Every request is counted. The library `limits` starts a thread for most of what it counts in memory, which took a
request more time than to find out whose it is.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

FORGET_EVERY_S = 60


class Limit(NamedTuple):
    """So many events within so many seconds, whenever these begin."""

    events: int
    seconds: float


class Limits:
    """Counts events by what they are counted for: an account, an address."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counted: dict[tuple[Limit, tuple[str, ...]], deque[float]] = {}
        """The times of the last events, as many as the limit allows: one more is allowed once the oldest is too old."""
        self._forget_at = now() + FORGET_EVERY_S

    def wait_s(self, limits: tuple[Limit, ...], *key: str) -> float:
        """Return how many seconds until another event is allowed; 0 if one is now. Counts nothing."""
        waits = [self._wait_s(limit, key) for limit in limits]
        return max((max(wait, 1.0) for wait in waits if wait > 0), default=0.0)

    def count(self, limits: tuple[Limit, ...], *key: str) -> bool:
        """Count one event; False if it is one too many, which a limit that is reached does not count."""
        self._forget_old()
        allowed = True
        for limit in limits:
            if self._wait_s(limit, key) > 0:
                allowed = False
                continue
            self._counted.setdefault((limit, key), deque(maxlen=limit.events)).append(self._now())
        return allowed

    def forget(self, limits: tuple[Limit, ...], *key: str) -> None:
        """Start anew, as after a successful sign-in."""
        for limit in limits:
            self._counted.pop((limit, key), None)

    def _wait_s(self, limit: Limit, key: tuple[str, ...]) -> float:
        times = self._counted.get((limit, key))
        return times[0] + limit.seconds - self._now() if times and len(times) == limit.events else 0.0

    def _forget_old(self) -> None:
        """Forget what no limit needs any more: names and addresses are the clients' to choose."""
        now = self._now()
        if now < self._forget_at:
            return
        self._forget_at = now + FORGET_EVERY_S
        self._counted = {
            (limit, key): times for (limit, key), times in self._counted.items() if times[-1] + limit.seconds > now
        }
