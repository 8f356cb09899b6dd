"""The only polling loop of the project: wait for a condition, and report the last value if it does not come true.

Everything that waits for a server, a log line or a scrape goes through `eventually`. The timeout error carries the
last value or the last exception, which says why the condition did not hold.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_delay,
    wait_exponential,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

SHOWN_CHARACTERS = 500


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
    The last try is made at the deadline, so a state reached in the last pause still counts.

    Raises:
        TimeoutError: after `timeout_s` seconds; names `describe`, the elapsed time and the last value seen or
            the last exception.
        Exception: whatever `probe` raises that is not in `retry_on`, at once: a bug is not worth waiting for.

    """
    retrying = Retrying(**_policy(until, timeout_s, interval_s, max_interval_s, retry_on))
    started = time.monotonic()
    try:
        return retrying(probe)
    except RetryError as error:
        raise _timeout(error, describe, started) from error.last_attempt.exception()


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
    retrying = AsyncRetrying(**_policy(until, timeout_s, interval_s, max_interval_s, retry_on))
    started = time.monotonic()
    try:
        return await retrying(probe)
    except RetryError as error:
        raise _timeout(error, describe, started) from error.last_attempt.exception()


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
    timeout_s: float,
    interval_s: float,
    max_interval_s: float,
    retry_on: tuple[type[Exception], ...],
) -> dict[str, Any]:
    grow = wait_exponential(multiplier=interval_s, exp_base=1.5, max=max_interval_s)

    def pause(state: RetryCallState) -> float:
        left = timeout_s - (state.seconds_since_start or 0.0)
        return max(0.0, min(grow(state), left))

    return {
        "retry": retry_if_exception_type(retry_on) | retry_if_result(lambda value: not until(value)),
        "stop": stop_after_delay(timeout_s),
        "wait": pause,
    }


def _timeout(error: RetryError, describe: str, started: float) -> TimeoutError:
    elapsed = time.monotonic() - started
    failure = error.last_attempt.exception()
    if failure is None:
        seen = f"last value seen: {_shorten(repr(error.last_attempt.result()))}"
    else:
        seen = f"last error: {type(failure).__name__}: {_shorten(str(failure))}"
    return TimeoutError(f"{describe}: not reached in {elapsed:.1f} s; {seen}")


def _shorten(text: str) -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}… ({len(text)} characters)"
