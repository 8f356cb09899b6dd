"""Repeats requests that failed for a moment: no connection, or refused as one too many (429). Never more than twice.

Only reads are repeated after a connection was there, since nobody knows whether the server acted on the request. A
server that gave no answer three times in a row is down: until it answers, its requests are tried once. What is judged
about an endpoint itself (its scrapes, the answers to provoked traffic) does not pass through here.
"""

import asyncio
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Generator
from typing import Any, cast

import httpx

PAUSES_S = (0.2, 1.0)
"""Seconds before the second and the third try."""
LONGEST_PAUSE_S = 5.0
"""A server that asks for a longer pause (`Retry-After`) gets this one."""
READS = ("GET", "HEAD")
LOST = "connection lost"


class Retries:
    """What was repeated, by server and reason; used by all threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self._down: set[str] = set()

    def take(self) -> list[str]:
        """Say what was repeated since the last call, one sentence for each server and reason."""
        with self._lock:
            found, self._counts = self._counts, defaultdict(lambda: [0, 0])
        return [
            f"{repeated} {'request' if repeated == 1 else 'requests'} to {server} repeated ({reason}), "
            f"{answered} answered then"
            for (server, reason), (repeated, answered) in sorted(found.items())
        ]

    def pauses(self, url: str) -> tuple[float, ...]:
        """The pauses before further tries: none for a server that is down."""
        return () if _server(url) in self._down else PAUSES_S

    def ended(self, url: str, reasons: list[str], *, answered: bool, silent: bool = False) -> None:
        """Count a request that was tried again for these reasons, empty for none; and whether it was answered.

        `silent`: its last try had no answer at all, not even a 429.
        """
        with self._lock:
            if reasons:
                counts = self._counts[_server(url), reasons[-1]]
                counts[0] += 1
                counts[1] += answered
            if not silent:
                self._down.discard(_server(url))
            elif len(reasons) == len(PAUSES_S):
                self._down.add(_server(url))


RETRIES = Retries()
"""Of this process."""


def why_again(method: str, outcome: httpx.Response | Exception) -> str:
    """Why the outcome of a request is one of a moment; empty where it is not."""
    if isinstance(outcome, httpx.Response):
        return "429 Too Many Requests" if outcome.status_code == httpx.codes.TOO_MANY_REQUESTS else ""
    if isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout):
        causes = (outcome.__cause__, outcome.__context__, getattr(outcome.__cause__, "__cause__", None))
        # A certificate is as wrong the next time.
        faulty = any(isinstance(cause, ssl.SSLError) for cause in causes) or "SSL" in str(outcome)
        return "" if faulty else "no connection"
    lost = isinstance(outcome, httpx.ReadError | httpx.WriteError | httpx.RemoteProtocolError)
    return LOST if lost and method in READS else ""


def _pause_s(outcome: httpx.Response | Exception, usual_s: float) -> float:
    asked = outcome.headers.get("retry-after", "") if isinstance(outcome, httpx.Response) else ""
    return min(float(asked), LONGEST_PAUSE_S) if asked.isdecimal() else usual_s


def _tries(method: str, url: str) -> Generator[float, httpx.Response | httpx.TransportError, httpx.Response]:
    """Takes the outcome of each try and yields how many seconds to wait before the next; returns the last answer."""
    reasons: list[str] = []
    outcome = yield 0.0
    for usual_s in RETRIES.pauses(url):
        if not (reason := why_again(method, outcome)):
            break
        reasons.append(reason)
        outcome = yield _pause_s(outcome, usual_s)
    silent = isinstance(outcome, httpx.TransportError)
    RETRIES.ended(url, reasons, answered=not silent and not why_again(method, outcome), silent=silent)
    if isinstance(outcome, httpx.TransportError):
        raise outcome
    return outcome


async def request(http: httpx.AsyncClient, method: str, url: str, **options: Any) -> httpx.Response:
    """What `http.request` returns or raises, repeated where that is of a moment."""
    tries = _tries(method, url)
    next(tries)
    while True:
        outcome: httpx.Response | httpx.TransportError
        try:
            outcome = await http.request(method, url, **options)
        except httpx.TransportError as broken:
            outcome = broken
        try:
            pause_s = tries.send(outcome)
        except StopIteration as done:
            return cast("httpx.Response", done.value)
        await asyncio.sleep(pause_s)


def get(http: httpx.Client, url: str, auth: Any) -> httpx.Response:
    """GET from a server that is read, as `request` does it, in a thread."""
    tries = _tries("GET", url)
    next(tries)
    while True:
        outcome: httpx.Response | httpx.TransportError
        try:
            outcome = http.get(url, auth=auth)
        except httpx.TransportError as broken:
            outcome = broken
        try:
            pause_s = tries.send(outcome)
        except StopIteration as done:
            return cast("httpx.Response", done.value)
        time.sleep(pause_s)


def _server(url: str) -> str:
    """Scheme, host and port."""
    return "/".join(url.split("/", 3)[:3])
