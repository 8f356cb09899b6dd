"""The only polling loop of the project: wait for a condition, and report the last value if it does not come true.

Everything that waits for a server, a log line or a scrape goes through `eventually`. The timeout error carries the
last value or the last exception, which says why the condition did not hold.

Timeouts are seconds of a machine with a free core. While more processes want to run than there are cores, everything
takes longer without being broken, and a second counts for less: see `contention`.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from tenacity import (
    AsyncRetrying,
    RetryError,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    wait_exponential,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

SHOWN_CHARACTERS = 500
RUNNING = Path("/proc/stat")
MOST_CONTENTION = 10.0
"""A wait ends after this many times its timeout, however busy the machine is."""


def contention(*, sustained: bool = False) -> float:
    """How many processes want to run per core, between 1 and `MOST_CONTENTION`: so many times longer everything takes.

    With `sustained` on average over the last minute, else now, if that is more; only Linux has the number of now.
    """
    waiting = os.getloadavg()[0]
    if not sustained and RUNNING.exists():
        lines = RUNNING.read_text(encoding="ascii").splitlines()
        waiting = max([waiting, *(float(line.split()[1]) for line in lines if line.startswith("procs_running "))])
    return min(max(1.0, waiting / (os.cpu_count() or 1)), MOST_CONTENTION)


class Patience:
    """A timeout in seconds of a machine with a free core; the time since it was made counts towards it."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = self._left = timeout_s
        self._at = self.begun = time.monotonic()

    def left(self) -> float:
        """How many seconds are left at least; negative when it has run out."""
        now = time.monotonic()
        if now > self._at and self._left > 0:
            self._left -= (now - self._at) / contention()
        self._at = now
        return self._left


def eventually(
    probe: Callable[[], T],
    until: Callable[[T], bool],
    timeout_s: float,
    interval_s: float = 0.02,
    max_interval_s: float = 0.5,
    describe: str = "the expected state",
    retry_on: tuple[type[Exception], ...] = (OSError, httpx.HTTPError),
) -> T:
    """Call `probe` until `until(value)` holds and return that value.

    The pause starts at `interval_s`, grows by half each time and stays at `max_interval_s` (all in seconds).
    `timeout_s` are seconds of a machine with a free core; on a busy one they last up to ten times as long. The last
    try is made at the deadline, so a state reached in the last pause still counts.

    Raises:
        TimeoutError: after `timeout_s` seconds; names `describe`, the elapsed time and the last value seen or
            the last exception.
        Exception: whatever `probe` raises that is not in `retry_on`, at once: a bug is not worth waiting for.

    """
    patience = Patience(timeout_s)
    retrying = Retrying(**_policy(until, patience, interval_s, max_interval_s, retry_on))
    try:
        return retrying(probe)
    except RetryError as error:
        raise _timeout(error, describe, patience) from error.last_attempt.exception()


async def aeventually(
    probe: Callable[[], Awaitable[T]],
    until: Callable[[T], bool],
    timeout_s: float,
    interval_s: float = 0.02,
    max_interval_s: float = 0.5,
    describe: str = "the expected state",
    retry_on: tuple[type[Exception], ...] = (OSError, httpx.HTTPError),
) -> T:
    """Do what `eventually` does for an awaitable probe, letting other tasks run during the pauses."""
    patience = Patience(timeout_s)
    retrying = AsyncRetrying(**_policy(until, patience, interval_s, max_interval_s, retry_on))
    try:
        return await retrying(probe)
    except RetryError as error:
        raise _timeout(error, describe, patience) from error.last_attempt.exception()


async def eventually_or_last(
    probe: Callable[[], Awaitable[T]], until: Callable[[T], bool], timeout_s: float, describe: str = "enough"
) -> T:
    """Return the first value that `until` accepts, and after `timeout_s` seconds whatever is there then."""
    try:
        return await aeventually(probe, until, timeout_s, 0.05, describe=describe)
    except TimeoutError:
        return await probe()


def _policy(
    until: Callable[[Any], bool],
    patience: Patience,
    interval_s: float,
    max_interval_s: float,
    retry_on: tuple[type[Exception], ...],
) -> dict[str, Any]:
    grow = wait_exponential(multiplier=interval_s, exp_base=1.5, max=max_interval_s)
    return {
        "retry": retry_if_exception_type(retry_on) | retry_if_result(lambda value: not until(value)),
        "stop": lambda _state: patience.left() <= 0,
        "wait": lambda state: max(0.0, min(grow(state), patience.left())),
    }


def _timeout(error: RetryError, describe: str, patience: Patience) -> TimeoutError:
    elapsed_s = time.monotonic() - patience.begun
    took = f"{elapsed_s:.1f} s"
    if elapsed_s > 2 * patience.timeout_s + 1:
        took += f" on a busy machine, where they count as {patience.timeout_s:g}"
    failure = error.last_attempt.exception()
    if failure is None:
        seen = f"last value seen: {_shorten(repr(error.last_attempt.result()))}"
    else:
        seen = f"last error: {type(failure).__name__}: {_shorten(str(failure))}"
    return TimeoutError(f"{describe}: not reached in {took}; {seen}")


def _shorten(text: str) -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}… ({len(text)} characters)"
