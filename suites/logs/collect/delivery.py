"""Collects what became of emitted lines: waits until the log store holds them, and says what it holds.

A line that is not where it should be is looked for everywhere, so that a wrong label or a shifted time is told as
such and not as a loss.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stack.clients.log_reader import LogReader, LogStoreError
from stack.eventually import aeventually, contention
from stack.records.logs.delivery import ANY, Arrival, Delivery
from stack.records.logs.entry import EmittedLine, LabelSet, LogEntry
from stack.records.logs.stream import LogStream
from suites.core.evidence import NotEvaluated, Records

BEFORE_S = 60.0
"""Seconds before the first line that are looked at too: clocks differ a little."""

AFTER_S = 1800.0
"""Seconds after now that are looked at: the store refuses what lies farther in the future than its grace period."""

ASTRAY_S = 26 * 3600.0
"""Seconds before the first line in which lines that went astray are looked for: the widest error of a time zone."""

NEEDLES = 20
"""Missing lines that are looked for everywhere; enough to tell why, few enough for one query."""

NEEDLE_LENGTH = 120
"""Characters of a line that are looked for; a cut line still has its beginning."""


@dataclass(frozen=True)
class DeliveryContract:
    """What a service's catalog entry says about its streams; `labels` as expected, `ANY` (`*`) for any value."""

    service: str
    labels: Mapping[str, str]
    stream_budget: int = 20
    latency_budget_s: float = 5.0


def emitted(streams: Iterable[LogStream]) -> tuple[EmittedLine, ...]:
    """Return the lines of log files as they were written, with what concerns their delivery."""
    return tuple(EmittedLine.read(line) for stream in streams for line in stream.lines)


async def collect(
    reader: LogReader,
    contract: DeliveryContract,
    lines: Sequence[EmittedLine],
    emitted_from: float,
    *,
    deadline_s: float = 20.0,
    watched: bool = True,
) -> Records:
    """Wait until all `lines` are in the store or `deadline_s` has passed; return the one `Delivery`.

    `emitted_from` is a moment before the first line, in seconds since the epoch. `watched` says that the wait tells
    something about latency; the stand-in's does not.
    """
    if not lines:
        return {Delivery: NotEvaluated(f"{contract.service} emitted no line to follow")}
    chase = _Chase(reader, contract, tuple(lines), emitted_from)
    try:
        await chase.run(deadline_s)
        streams = await reader.series([chase.selector], *chase.near)
        json_errors = await reader.json_errors(chase.selector, *chase.near)
    except LogStoreError as broken:
        return {Delivery: NotEvaluated(f"the log store does not answer: {broken}")}
    delivery = Delivery(
        service=contract.service,
        expected=contract.labels,
        lines=tuple(lines),
        entries=tuple(chase.entries),
        streams=tuple(streams),
        arrivals=chase.arrivals() if watched else (),
        json_errors=frozenset(entry.line for entry in json_errors),
        waited_s=deadline_s,
        latency_budget_s=contract.latency_budget_s,
        stream_budget=contract.stream_budget,
        contention=contention(),
    )
    return {Delivery: [delivery]}


@dataclass
class _Chase:
    """The wait for the lines of one service."""

    reader: LogReader
    contract: DeliveryContract
    lines: tuple[EmittedLine, ...]
    emitted_from: float
    entries: list[LogEntry] = field(default_factory=list)
    _seen: dict[str, tuple[float, float]] = field(default_factory=dict)
    _looked: float = 0.0

    @property
    def selector(self) -> str:
        """The streams of the service, by the label that names it."""
        fixed = {name: value for name, value in self.contract.labels.items() if value != ANY}
        name = "service" if "service" in fixed or not fixed else next(iter(fixed))
        return f"{{{name}={json.dumps(fixed.get(name, self.contract.service), ensure_ascii=False)}}}"

    @property
    def near(self) -> tuple[int, int]:
        """Where the lines should be: from shortly before the first one to what a fast clock may call now."""
        return int((self.emitted_from - BEFORE_S) * 1e9), int((time.time() + AFTER_S) * 1e9)

    async def run(self, deadline_s: float) -> None:
        """Look in the right place; after a while, and at the end, look everywhere for what is missing."""
        patience = min(deadline_s, max(3.0, self.contract.latency_budget_s))
        for timeout_s in filter(None, (patience, deadline_s - patience)):
            if not await self._wait(timeout_s) and await self._astray():
                return
            if not self._missing():
                return

    def arrivals(self) -> tuple[Arrival | None, ...]:
        """When each line could be queried, in seconds after its own time; None where it states none."""
        return tuple(self._arrival(line) for line in self.lines)

    def _arrival(self, line: EmittedLine) -> Arrival | None:
        if line.time_ns is None or line.text not in self._seen:
            return None
        before, seen = self._seen[line.text]
        own = line.time_ns / 1e9
        return Arrival(max(0.0, before - own) if before else 0.0, max(0.0, seen - own))

    async def _wait(self, timeout_s: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await aeventually(
                self._look,
                lambda missing: missing == 0,
                timeout_s,
                0.05,
                0.5,
                "all lines are in the store",
                (LogStoreError,),
            )
            return True
        await self._look()
        return not self._missing()

    async def _look(self) -> int:
        self.entries = await self.reader.entries(self.selector, *self.near)
        self._see(self.entries)
        return len(self._missing())

    def _see(self, entries: Iterable[LogEntry]) -> None:
        now, before = time.time(), self._looked
        for entry in entries:
            self._seen.setdefault(entry.line, (before, now))
        self._looked = now

    def _missing(self) -> list[EmittedLine]:
        there = {entry.line for entry in self.entries}
        return [line for line in self.lines if line.text not in there]

    async def _astray(self) -> bool:
        """Look for missing lines under any label and any time; True if that explains all of them.

        A line that states its time is recognised anywhere. One that does not (a stack trace) looks like those of other
        services, so it counts only where lines that state theirs were found.
        """
        missing = [line for line in self._missing() if line.text.strip()]
        for timed in (True, False):
            some = [line for line in missing if (line.time_ns is not None) is timed][:NEEDLES]
            found = [entry for line in some for entry in await self._anywhere(line.text[:NEEDLE_LENGTH])]
            places = None if timed else {_place(entry) for entry in self.entries}
            known = set(self.entries)
            fresh = dict.fromkeys(entry for entry in found if places is None or _place(entry) in places)
            self.entries += [entry for entry in fresh if entry not in known]
        # Some may have come to the right place meanwhile: then it is now that they were seen there.
        self._see(await self.reader.entries(self.selector, *self.near))
        return len(missing) <= NEEDLES and not self._missing()

    async def _anywhere(self, needle: str) -> list[LogEntry]:
        wide = int((self.emitted_from - ASTRAY_S) * 1e9), self.near[1]
        wanted = json.dumps(needle, ensure_ascii=False)
        for name in await self.reader.label_names(*wide):
            found = await self.reader.entries(f'{{{name}=~".+"}} |= {wanted}', *wide)
            if found:
                return found
        return []


def _place(entry: LogEntry) -> LabelSet:
    """Where a line was found, whatever its level."""
    return tuple(pair for pair in entry.labels if pair[0] != "level")
