"""Collects what became of emitted lines: waits until the log store has them, and records what it has.

A line that is missing under its labels and time is searched for everywhere, so that a wrong label or a shifted time is
reported as such and not as a loss.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stack.clients.log_reader import LogReader, LogStoreError
from stack.eventually import aeventually, contention
from stack.records.logs.delivery import AGENT_FILE, ANY, Arrival, Delivery
from stack.records.logs.entry import EmittedLine, LabelSet, LogEntry
from stack.records.logs.losses import Losses
from stack.records.logs.matching import pair
from stack.records.logs.stream import LogStream
from suites.core.evidence import NotEvaluated, Records
from suites.core.health import unanswered
from suites.logs.collect.elsewhere import OtherStreams, selectors

BEFORE_S = 60.0
"""Seconds before the first line that are queried too: clocks differ a little."""

AFTER_S = 1800.0
"""Seconds after now that are queried: the store refuses what lies farther in the future than its grace period."""

WIDE_S = 26 * 3600.0
"""Seconds before the first line in which missing lines are searched for: the widest error of a time zone."""

SEARCHED = 20
"""Missing lines that are searched for everywhere: enough to find the cause, few enough for one query."""

SEARCHED_LENGTH = 120
"""Characters of a line that are searched for; a cut line still has its beginning."""

SETTLE_S = 1.0
"""How long after the last line a copy of it may come: a second job reads the same file a moment later."""


@dataclass(frozen=True)
class DeliveryContract:
    """What a service's catalog entry declares about its streams; `labels` as expected, `ANY` (`*`) for any value.

    `agent` is the configuration of the agent that delivers them.
    """

    service: str
    labels: Mapping[str, str]
    stream_budget: int = 20
    latency_budget_s: float = 5.0
    agent: str = AGENT_FILE


def emitted(streams: Iterable[LogStream]) -> tuple[EmittedLine, ...]:
    """Return the lines of log files as they were written, with what concerns their delivery."""
    return tuple(EmittedLine.read(line, stream.written) for stream in streams for line in stream.lines)


async def collect(
    reader: LogReader,
    contract: DeliveryContract,
    lines: Sequence[EmittedLine],
    emitted_from: float,
    *,
    deadline_s: float = 20.0,
    watched: bool = True,
    others: OtherStreams | None = None,
    losses: Callable[[], Awaitable[Losses | None]] | None = None,
) -> Records:
    """Wait until all `lines` are in the store or `deadline_s` has passed; return the one `Delivery`.

    `emitted_from` is a moment before the first line, in seconds since the epoch. `watched` means that the wait
    measures latency; with the stand-in it does not. `others` are the streams in which copies of the lines are searched
    for, by default all that are not the service's. `losses` reads what agent and store counted of lost lines, and is
    called where some are lost.
    """
    if not lines:
        return {Delivery: NotEvaluated(f"{contract.service} emitted no line")}
    search = _Search(reader, contract, tuple(lines), emitted_from)
    streams: Sequence[LabelSet] = ()
    json_errors: frozenset[str] | None = None
    silent: LogStoreError | None = None
    try:
        await search.run(deadline_s)
        await search.settle(others or OtherStreams(reader), SETTLE_S if watched else 0.0)
        streams = await reader.series([search.selector], *search.near)
        json_errors = await search.json_errors(streams)
    except LogStoreError as broken:
        silent = broken
    counted = await losses() if losses is not None and (silent or search.missing()) else None
    # A store that refuses all pushes has no line, whatever it answers.
    if silent and not (counted and counted.refused_pushes):
        return {Delivery: unanswered(f"the log store does not answer: {silent}", "loki", silent)}
    delivery = Delivery(
        service=contract.service,
        expected=contract.labels,
        lines=tuple(lines),
        entries=tuple(search.entries),
        streams=tuple(streams),
        arrivals=search.arrivals() if watched else (),
        json_errors=json_errors,
        waited_s=deadline_s,
        latency_budget_s=contract.latency_budget_s,
        stream_budget=contract.stream_budget,
        contention=contention(),
        agent=contract.agent,
        losses=counted,
    )
    return {Delivery: [delivery]}


@dataclass
class _Search:
    """The wait for the lines of one service."""

    reader: LogReader
    contract: DeliveryContract
    lines: tuple[EmittedLine, ...]
    emitted_from: float
    entries: list[LogEntry] = field(default_factory=list)
    _seen: dict[str, tuple[float, float]] = field(default_factory=dict)
    _queried_at: float = 0.0

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
        """Query the expected place; after a while, and at the end, search everywhere for what is missing."""
        patience = min(deadline_s, max(3.0, self.contract.latency_budget_s))
        for timeout_s in filter(None, (patience, deadline_s - patience)):
            if not await self._wait(timeout_s) and await self._search_everywhere():
                return
            if not self.missing():
                return

    async def settle(self, others: OtherStreams, seconds: float) -> None:
        """Add what comes when all lines are there: copies, in the same streams or in others."""
        await asyncio.sleep(seconds)
        fresh = [*await self.reader.entries(self.selector, *self.near)]
        fresh += await others.copies(self.lines, *self.near, [*self.entries, *fresh])
        known = set(self.entries)
        self.entries += [entry for entry in dict.fromkeys(fresh) if entry not in known]

    async def json_errors(self, streams: Sequence[LabelSet]) -> frozenset[str]:
        """The texts on which `| json` fails, in the `streams` of the service and wherever else its lines were found."""
        start_ns, end_ns = self.near
        times = [entry.timestamp_ns for entry in self.entries]
        elsewhere = {entry.labels for entry in self.entries}.difference(streams)
        failing = [
            await self.reader.json_errors(selector, min([start_ns, *times]), max([end_ns, *(at + 1 for at in times)]))
            for selector in (self.selector, *selectors(sorted(elsewhere)))
        ]
        return frozenset(entry.line for some in failing for entry in some)

    def arrivals(self) -> tuple[Arrival | None, ...]:
        """When each line could be queried, in seconds after its own time; None where it has none."""
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
                self._query,
                lambda missing: missing == 0,
                timeout_s,
                0.05,
                0.5,
                "all lines are in the store",
                (LogStoreError,),
            )
            return True
        await self._query()
        return not self.missing()

    async def _query(self) -> int:
        self.entries = await self.reader.entries(self.selector, *self.near)
        self._see(self.entries)
        return len(self.missing())

    def _see(self, entries: Iterable[LogEntry]) -> None:
        now, before = time.time(), self._queried_at
        for entry in entries:
            self._seen.setdefault(entry.line, (before, now))
        self._queried_at = now

    def missing(self) -> list[EmittedLine]:
        """The lines that were not found so far."""
        there = {entry.line for entry in self.entries}
        missing = [line for line in self.lines if line.text not in there]
        if missing or len({line.text for line in self.lines}) == len(self.lines):
            return missing
        return [line for match in pair(self.lines, self.entries, bool) for line in match.lost]

    async def _search_everywhere(self) -> bool:
        """Search for missing lines under any label and any time; True if that explains all of them.

        A line with a time of its own is recognised anywhere. One without (a stack trace) is like those of other
        services, so it counts only where lines with a time were found.
        """
        missing = list({line.text: line for line in self.missing() if line.text.strip()}.values())
        for timed in (True, False):
            some = [line for line in missing if (line.time_ns is not None) is timed][:SEARCHED]
            found = [entry for line in some for entry in await self._anywhere(line.text[:SEARCHED_LENGTH])]
            places = None if timed else {_place(entry) for entry in self.entries}
            known = set(self.entries)
            fresh = dict.fromkeys(entry for entry in found if places is None or _place(entry) in places)
            self.entries += [entry for entry in fresh if entry not in known]
        # Some may have come to the right place meanwhile: then it is now that they were seen there.
        self._see(await self.reader.entries(self.selector, *self.near))
        return len(missing) <= SEARCHED and not self.missing()

    async def _anywhere(self, text: str) -> list[LogEntry]:
        wide = int((self.emitted_from - WIDE_S) * 1e9), self.near[1]
        wanted = json.dumps(text, ensure_ascii=False)
        for name in await self.reader.label_names(*wide):
            found = await self.reader.entries(f'{{{name}=~".+"}} |= {wanted}', *wide)
            if found:
                return found
        return []


def _place(entry: LogEntry) -> LabelSet:
    """Where a line was found, whatever its level."""
    return tuple(pair for pair in entry.labels if pair[0] != "level")
