"""Rate limits, counted in the memory of this process: a restart forgives."""

import time
from collections import deque
from functools import cache

from limits import RateLimitItem, parse_many
from limits.storage import MovingWindowSupport, Storage
from limits.strategies import MovingWindowRateLimiter

FAILURES_PER_ACCOUNT = "5 per 1 minute; 10 per 10 minute; 20 per 1 hour"
FAILURES_PER_ADDRESS = "20 per 1 minute; 100 per 1 hour"
REQUESTS_PER_ACCOUNT = "1200 per 1 minute"
EXPORTS_PER_ACCOUNT = "30 per 1 minute"
REFUSALS_PER_ADDRESS = "1200 per 1 minute; 5000 per 1 hour"
"""Refused requests of one address that get a line each in the audit log; otherwise anybody could fill the disk."""


class Limits:
    """How often something may happen; `limits` as in `5 per 1 minute; 20 per 1 hour`."""

    def __init__(self) -> None:
        self._events = _Events()
        self._limiter = MovingWindowRateLimiter(self._events)

    def __len__(self) -> int:
        """How many keys have recent events, one for each window."""
        return len(self._events)

    def wait_s(self, limits: str, *key: str) -> float:
        """Return how many seconds until another event is allowed; 0 if one is now. Counts nothing."""
        worst = 0.0
        for item in _items(limits):
            if not self._limiter.test(item, *key):
                worst = max(worst, self._limiter.get_window_stats(item, *key).reset_time - time.time(), 1.0)
        return worst

    def count(self, limits: str, *key: str) -> bool:
        """Count one event; False if it is one too many."""
        allowed = [self._limiter.hit(item, *key) for item in _items(limits)]  # each of them counts
        return all(allowed)

    def forget(self, limits: str, *key: str) -> None:
        """Start anew, as after a successful sign-in."""
        for item in _items(limits):
            self._limiter.clear(item, *key)


@cache
def _items(limits: str) -> list[RateLimitItem]:
    return parse_many(limits)


class _Events(Storage, MovingWindowSupport):
    """The times of events by key, for moving windows and one thread.

    The library's own storage in memory starts a thread at each event, to drop those that are too old; a request then
    waits until the system lets that thread run.

    Source: https://limits.readthedocs.io/en/stable/custom-storage.html
    """

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        self._events: dict[str, tuple[int, deque[float]]] = {}
        self._sweep_at = 0.0

    def __len__(self) -> int:
        return len(self._events)

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        now = time.time()
        self._sweep(now)
        _, events = self._events.setdefault(key, (expiry, deque()))
        _drop(events, now - expiry)
        if len(events) + amount > limit:
            return False
        events.extend([now] * amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002  # the library's
        now = time.time()
        _, events = self._events.get(key, (expiry, deque[float]()))
        _drop(events, now - expiry)
        return (events[0], len(events)) if events else (now, 0)

    def clear(self, key: str) -> None:
        self._events.pop(key, None)

    def reset(self) -> int:
        count = len(self._events)
        self._events.clear()
        return count

    def check(self) -> bool:
        return True

    def get(self, key: str) -> int:
        raise NotImplementedError("only moving windows are counted")

    def get_expiry(self, key: str) -> float:
        raise NotImplementedError("only moving windows are counted")

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError("only moving windows are counted")

    def _sweep(self, now: float) -> None:
        """Forget keys without a recent event once a minute: whoever guesses passwords chooses names of accounts."""
        if now < self._sweep_at:
            return
        self._sweep_at = now + 60
        for expiry, events in self._events.values():
            _drop(events, now - expiry)
        self._events = {key: kept for key, kept in self._events.items() if kept[1]}


def _drop(events: deque[float], until: float) -> None:
    while events and events[0] <= until:
        events.popleft()
