"""The retention trial on Loki: lines dated up to nine days ago, and what its compactor leaves of them.

Three lives of one temporary Loki: the first takes the lines and writes them into the store as it stops; the compactor
of the second marks what is too old; the third deletes, at its first sweep, what is marked, and is asked what it has.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from stack.clients.loki import LokiClient
from stack.eventually import aeventually, eventually_or_last
from stack.records.logs.entry import LogEntry
from stack.records.retention.running import CompactorRuns
from stack.records.retention.trial import AGES_S, AgeGroup, RetentionTrial
from stack.text.durations import seconds
from stack.text.yaml_text import read_mapping, section
from suites.retention.collect.chunk_files import chunk_files, holding, index_files
from suites.retention.collect.temporary_stack import (
    CONFIG,
    TemporaryLoki,
    TrialBroke,
    TrialImpossibleError,
    metrics_text,
)

NS = 1_000_000_000
WAIT_S = 60.0
SWEEP_S = 120.0
"""The sweeper collects marked chunks when it starts and once a minute."""
INDEX_S = 30.0
"""A Loki that has just started answers before it has read the index of the store."""
AWKWARD = (
    '{"level":"info","msg":"gr\u00fcn \u2713 \\"quoted\\"","n":1e3}',
    "  blanks on both sides\t ",
    "\u001b[31mred\u001b[0m \\n",
)
"""What follows each line's own text: it has to come back byte for byte."""


@dataclass
class _Group:
    """The lines of one age, and the chunk files that hold them."""

    age_s: float
    entries: list[LogEntry]
    before: frozenset[Path] = field(default_factory=frozenset)

    @property
    def texts(self) -> list[str]:
        """What is searched for in the store; the awkward rest of a line may be escaped there."""
        return [entry.line[: entry.line.index("|")] for entry in self.entries]

    async def found(self, loki: LokiClient) -> list[LogEntry]:
        """Ask for all lines of the time at which these were written."""
        first = self.entries[0].timestamp_ns
        return await loki.entries('{job="retention-trial"}', first - NS, first + 60 * NS)


async def trial_loki(
    binary: Path, work_dir: Path, config_dir: Path, say: Callable[[str], None], more: Iterable[str] = ()
) -> tuple[RetentionTrial, CompactorRuns]:
    """Carry out the trial; `more` are flags for a Loki that is set up wrongly on purpose.

    Raises:
        TrialBroke: the lines did not arrive, so that nothing can be said about their deletion.
        TrialImpossibleError: the configuration stores where a trial cannot read.
        ComponentFailed: Loki did not start.
        LogStoreError: Loki did not answer.

    """
    begun = time.monotonic()
    server = TemporaryLoki(binary, work_dir, config_dir, more)
    try:
        async with httpx.AsyncClient(timeout=120, trust_env=False) as http:
            loki = LokiClient(server.url, http)
            groups = _groups(time.time_ns())
            await server.start()
            live = await loki.config()
            version = (await loki.build_info())["version"]
            refuse_other_stores(live)
            await _write(groups, loki, server, http)
            await server.stop()
            if not index_files(server.store):
                raise TrialBroke(f"Loki stopped without writing its index into the store, see {server.work_dir}")
            say(f"retention trial: Loki has {sum(len(group.entries) for group in groups)} lines of {len(groups)} ages")
            await server.start()
            runs = await _compactor_ran(http, server, live)
            await server.stop()
            await server.start()
            await _swept(http, server, groups)
            await _index_read(groups, loki)
            ages = tuple([await _outcome(group, loki, server) for group in groups])
    finally:
        server.close()
    text = (config_dir / CONFIG).read_text(encoding="utf-8")
    trial = RetentionTrial(
        component="loki",
        things="lines",
        files="chunk files",
        retention=_retention(live),
        ages=ages,
        file=CONFIG.name,
        line=read_mapping(text).line("limits_config", "retention_period"),
        overlay=server.overlay,
        version=version or None,
        took_s=time.monotonic() - begun,
    )
    say(f"retention trial: Loki done in {trial.took_s:.0f} s")
    return trial, runs


def _groups(now_ns: int) -> list[_Group]:
    """Lines for each age: all of one stream that has every age, and one of a stream of its own."""
    groups = []
    for age in AGES_S:
        base = now_ns - round(age * NS)
        own = (("job", "retention-trial"), ("service", f"aged-{age / 3600:.0f}h"))
        shared = (("job", "retention-trial"), ("service", "every-age"))
        entries = [
            LogEntry(
                shared, base + number, f"trial {age:.0f} {now_ns} {number}|{rest}", (("request_id", f"r{number}"),)
            )
            for number, rest in enumerate(AWKWARD)
        ]
        entries.append(LogEntry(own, base, f"trial {age:.0f} {now_ns} own|alone"))
        groups.append(_Group(age, entries))
    return groups


def refuse_other_stores(live: dict[str, Any]) -> None:
    """Raise TrialImpossibleError unless the newest schema of a running Loki's configuration stores in a folder."""
    schemas = section(live, "schema_config").get("configs")
    used = schemas[-1].get("object_store") if isinstance(schemas, list) and schemas else None
    if used != "filesystem":
        raise TrialImpossibleError(f"Loki stores in `{used}`; the trial can read a `filesystem` store only")


async def _write(groups: list[_Group], loki: LokiClient, server: TemporaryLoki, http: httpx.AsyncClient) -> None:
    """Push the lines, oldest first, each age into chunks of its own, and see that all are there."""
    for group in groups:
        known = chunk_files(server.store)
        await loki.push(group.entries)
        # In daily life no chunk spans more than two hours; the flush ends the chunks of this age.
        (await http.post(f"{server.url}/flush")).raise_for_status()
        streams = len({entry.labels for entry in group.entries})

        async def new_files(known: frozenset[Path] = known) -> frozenset[Path]:
            return chunk_files(server.store) - known

        def enough(new: frozenset[Path], wanted: int = streams) -> bool:
            return len(new) >= wanted

        group.before = await aeventually(new_files, enough, WAIT_S, describe="the lines are in the store")
    for group in groups:
        pushed = sorted(group.entries, key=_order)

        async def stored(group: _Group = group) -> list[LogEntry]:
            return sorted(await group.found(loki), key=_order)

        def complete(found: list[LogEntry], pushed: list[LogEntry] = pushed) -> bool:
            return found == pushed

        # Loki does not ask its ingester for lines this old, and its index may be a moment behind the chunk's file.
        if await eventually_or_last(stored, complete, WAIT_S) != pushed:
            raise TrialBroke(f"lines dated {group.age_s / 3600:.0f} h ago did not arrive as they were pushed")


async def _compactor_ran(http: httpx.AsyncClient, server: TemporaryLoki, live: dict[str, Any]) -> CompactorRuns:
    """Wait for a run of the compactor: one that applies retention, where that is switched on."""
    compactor = section(live, "compactor")
    every = seconds(compactor.get("apply_retention_interval")) or seconds(compactor.get("compaction_interval")) or 0.0
    applies = compactor.get("retention_enabled") is True

    async def read_runs() -> CompactorRuns:
        return CompactorRuns.read(await metrics_text(http, server.url), every, time.time())

    def ran(runs: CompactorRuns) -> bool:
        return runs.succeeded > 0 if applies else runs.compactions > 1

    try:
        return await aeventually(read_runs, ran, WAIT_S, max_interval_s=0.2, describe="the compactor ran")
    except TimeoutError:
        return await read_runs()  # then nothing is deleted, which is the trial's outcome and not its end


async def _swept(http: httpx.AsyncClient, server: TemporaryLoki, groups: list[_Group]) -> None:
    """Wait until nothing old is left in the store, or until nothing is marked that would still be deleted."""
    old = frozenset[Path]().union(*(group.before for group in groups if AgeGroup(group.age_s, 0, 0, 0, 0, 0).expired))

    async def over() -> bool:
        if not old & chunk_files(server.store):
            return True
        runs = CompactorRuns.read(await metrics_text(http, server.url), 0.0, time.time())
        return runs.compactions > 2 and not server.marks

    try:
        await aeventually(over, bool, SWEEP_S, max_interval_s=0.2, describe="the sweeper deleted what is marked")
    except TimeoutError:
        return  # what is left is left: the rules say so


async def _index_read(groups: list[_Group], loki: LokiClient) -> None:
    """Wait until Loki answers from the store's index: before that, an answer without old lines would prove nothing."""
    young = [group for group in groups if not AgeGroup(group.age_s, 0, 0, 0, 0, 0).expired]

    async def missing() -> int:
        return sum([len(set(group.entries) - set(await group.found(loki))) for group in young])

    try:
        await aeventually(missing, lambda lines: lines == 0, INDEX_S, describe="the young lines are found")
    except TimeoutError:
        return  # lines that were to be kept are lost: a rule says so


async def _outcome(group: _Group, loki: LokiClient, server: TemporaryLoki) -> AgeGroup:
    found = await group.found(loki)
    known = {(entry.labels, entry.timestamp_ns) for entry in group.entries}
    files = chunk_files(server.store)
    return AgeGroup(
        age_s=group.age_s,
        written=len(group.entries),
        queryable=sum((entry.labels, entry.timestamp_ns) in known for entry in found),
        identical=len(set(found) & set(group.entries)),
        files_before=len(group.before),
        # A file of another name would do as well, were the compactor or a replay to write the lines again.
        files_left=len((group.before & files) | holding(group.texts, files)),
    )


def _retention(live: dict[str, Any]) -> str:
    if section(live, "compactor").get("retention_enabled") is not True:
        return "off"
    return str(section(live, "limits_config").get("retention_period"))


def _order(entry: LogEntry) -> tuple[object, ...]:
    return entry.timestamp_ns, entry.labels, entry.line
