"""No line is lost under load and fault: 100,000 numbered lines while agent and store are killed and logs are rotated.

Real Loki with each of the agents, on the configuration as it is shipped. The figures are printed (`pytest -s`);
`docs/load.md` has some.
"""

import asyncio
import contextlib
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from stack.backends.base import StackPlan
from stack.backends.local.backend import LocalBackend, LocalStack
from stack.clients.loki import LokiClient
from stack.components import AGENTS
from stack.eventually import eventually
from stack.records.logs.entry import LogEntry
from stack.servers.find import find_binary, why_absent
from tests.load.writers import Writer

STACK = Path(__file__).parents[2] / "stack"
SERVICES = ("api-gateway", "provider-registry", "scheduler", "storage", "auth-service")
LINES = 20_000
"""Per service: 100,000 in all."""
RATE = 1_000.0
"""Lines per second and service."""
SETTLED_S = 60.0
TOTAL = LINES * len(SERVICES)
READ_LINES = {"promtail": "promtail_read_lines_total", "alloy": "loki_source_file_read_lines_total"}
SAVED_S = {"promtail": 2.0, "alloy": 10.0}
"""How often an agent saves how far it has read: Promtail by its configuration, Alloy as it is built."""
DOWN_S = 2.0


@dataclass(frozen=True)
class Faults:
    """What was done to the stack, in seconds, and what the agent had read when it was killed."""

    read_before: int
    agent_away_s: float
    store_away_s: float


@dataclass(frozen=True)
class Outcome:
    """What the store holds in the end: per service the numbers of its lines, in the order of the store."""

    agent: str
    versions: str
    numbers: dict[str, list[int]]
    faults: Faults
    read: int
    writing_s: float
    caught_up_s: float

    @property
    def lost(self) -> dict[str, list[int]]:
        """The numbers that are missing, by service."""
        return {name: sorted(set(range(LINES)) - set(found)) for name, found in self.numbers.items()}

    @property
    def twice(self) -> int:
        """Lines that are stored more than once."""
        return sum(len(found) - len(set(found)) for found in self.numbers.values())

    @property
    def disordered(self) -> int:
        """Lines that stand behind a later one of their stream."""
        return sum(left > right for found in self.numbers.values() for left, right in pairwise(found))

    def __str__(self) -> str:
        stored = sum(map(len, self.numbers.values()))
        return (
            f"{self.versions}: {TOTAL:,} lines of {len(SERVICES)} services in {self.writing_s:.1f} s, "
            f"the agent away for {self.faults.agent_away_s:.1f} s, "
            f"the store for {self.faults.store_away_s:.1f} s, 2 logs rotated: "
            f"{stored:,} stored, {sum(map(len, self.lost.values()))} lost, {self.twice} twice, "
            f"{self.disordered} out of order; {self.read - TOTAL:,} lines sent again after the kill; "
            f"all queryable {self.caught_up_s:.1f} s after the last was written"
        )


def metric(stack: LocalStack, component: str, name: str) -> int:
    """The sum over a counter's series, as the component exposes it."""
    text = httpx.get(f"{stack.endpoint(component)}/metrics", timeout=120, trust_env=False).text
    values = re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE)
    return int(sum(map(float, values)))


def inflict(stack: LocalStack, writers: list[Writer], agent: str) -> Faults:
    """Kill the agent, then the store, and rotate two logs, while the writers write."""
    at(writers, 0.2)
    read_before = metric(stack, agent, READ_LINES[agent])
    agent_away = time.monotonic()
    stack.process(agent).kill()
    at(writers, 0.3)
    stack.process(agent).restart(60)
    agent_away_s = time.monotonic() - agent_away
    at(writers, 0.45)
    store_away = time.monotonic()
    stack.process("loki").kill()
    at(writers, 0.5)
    writers[0].rotate.set()  # while the agent cannot get rid of its lines
    at(writers, 0.65)
    stack.process("loki").restart(60)
    store_away_s = time.monotonic() - store_away
    at(writers, 0.85)
    writers[1].rotate.set()
    return Faults(read_before, agent_away_s, store_away_s)


def at(writers: list[Writer], share: float) -> None:
    """Wait until every writer has written its share."""
    eventually(
        lambda: min(writer.written / writer.count for writer in writers), lambda done: done >= share, 120, 0.02, 0.05
    )


def counted(stack: LocalStack) -> int:
    """How many lines the store counts, once per line however often it was sent."""
    parameters = {"query": 'sum(count_over_time({system="load"}[1h]))'}
    url = f"{stack.endpoint('loki')}/loki/api/v1/query"
    found = httpx.get(url, params=parameters, timeout=120, trust_env=False).json()["data"]["result"]
    return int(found[0]["value"][1]) if found else 0


async def numbers_of(url: str, service: str) -> list[int]:
    window = int((time.time() - 1800) * 1e9), int((time.time() + 600) * 1e9)
    async with httpx.AsyncClient(timeout=120, trust_env=False) as http:
        entries: list[LogEntry] = await LokiClient(url, http).entries(f'{{service="{service}"}}', *window)
    streams = {entry.labels for entry in entries}
    assert len(streams) <= 1, f"the lines of one service lie in one stream, not in {sorted(streams)}"
    return [json.loads(entry.line)["number"] for entry in entries]


def stored(url: str) -> dict[str, list[int]]:
    return {name: asyncio.run(numbers_of(url, name)) for name in SERVICES}


@pytest.fixture(scope="module", params=AGENTS)
def agent(request: pytest.FixtureRequest) -> str:
    """Each agent whose program is here, and Loki's."""
    for name in ("loki", request.param):
        if find_binary(name) is None:
            pytest.skip(f"no real {name}: {why_absent(name)}")
    return str(request.param)


def versions(stack: LocalStack) -> str:
    return ", ".join(f"{name} {component.version}" for name, component in stack.components.items())


@pytest.fixture(scope="module")
def outcome(agent: str, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("load")
    logs = folder / "logs" / "load"
    writers = [Writer(name, logs / name / "main.log", LINES, RATE) for name in SERVICES]
    plan = StackPlan(folder / "run", STACK, ("loki", agent), log_glob=f"{folder}/logs/*/*/*.log")
    with LocalBackend().start(plan) as stack, ThreadPoolExecutor(len(writers)) as pool:
        assert stack.health() == {"loki": None, agent: None}
        begun = time.monotonic()
        writing = [pool.submit(writer.run) for writer in writers]
        faults = inflict(stack, writers, agent)
        for task in writing:
            task.result()
        written = time.monotonic()
        url = stack.endpoint("loki") or ""
        try:
            eventually(lambda: counted(stack), lambda found: found >= TOTAL, SETTLED_S, 0.2)
            # Lines that were sent again may be counted twice for a while; found they are once.
            eventually(lambda: stored(url), lambda found: sum(map(len, found.values())) >= TOTAL, SETTLED_S, 0.2)
        except TimeoutError as late:
            print(f"not all lines arrived: {late}"[:400])  # noqa: T201  # the figures are what the test is run for
        caught_up = time.monotonic() - written
        numbers = stored(url)
        read = faults.read_before + metric(stack, agent, READ_LINES[agent])
        found = Outcome(agent, versions(stack), numbers, faults, read, written - begun, caught_up)
    print(found)  # noqa: T201  # likewise
    return found


@pytest.mark.native
def test_no_line_is_lost(outcome: Outcome) -> None:
    assert {name: len(lost) for name, lost in outcome.lost.items()} == dict.fromkeys(SERVICES, 0), (
        f"{outcome}; missing { ({name: (lost[0], lost[-1]) for name, lost in outcome.lost.items() if lost}) }"
    )


@pytest.mark.native
def test_lines_that_were_sent_again_are_stored_once(outcome: Outcome) -> None:
    """The agent promises at least once: what it read since it last saved its position."""
    assert outcome.twice == 0, outcome
    saved_s = SAVED_S[outcome.agent]
    if outcome.caught_up_s <= saved_s:  # one that is behind reads far more in that time than is written
        assert outcome.read - TOTAL <= len(SERVICES) * RATE * (saved_s + 2), outcome


@pytest.mark.native
def test_no_line_is_out_of_order_within_its_stream(outcome: Outcome) -> None:
    assert outcome.disordered == 0, outcome


@pytest.mark.native
def test_a_rotation_while_the_agent_is_down_loses_what_it_had_not_read_and_nothing_later(
    agent: str, tmp_path: Path
) -> None:
    """Neither agent reads the rotated file: lost is what follows the saved position in it, as `docs/load.md` has it."""
    writer = Writer("rotated", tmp_path / "logs" / "load" / "rotated" / "main.log", 20_000, RATE)
    plan = StackPlan(tmp_path / "run", STACK, ("loki", agent), log_glob=f"{tmp_path}/logs/*/*/*.log")
    with LocalBackend().start(plan) as stack, ThreadPoolExecutor(1) as pool:
        writing = pool.submit(writer.run)
        at([writer], 0.6)  # longer than either agent keeps a position to itself
        died = writer.written
        stack.process(agent).kill()
        at([writer], 0.6 + DOWN_S * RATE / writer.count / 2)
        writer.rotate.set()
        eventually(lambda: writer.rotations, bool, 20, 0.01)
        rotated = writer.written
        at([writer], 0.6 + DOWN_S * RATE / writer.count)
        stack.process(agent).restart(60)
        writing.result()
        url = stack.endpoint("loki") or ""
        with contextlib.suppress(TimeoutError):
            eventually(
                lambda: asyncio.run(numbers_of(url, "rotated")), lambda found: found[-1:] == [writer.count - 1], 60, 0.5
            )
        stored = set(asyncio.run(numbers_of(url, "rotated")))
        lost = sorted(set(range(writer.count)) - stored)
        print(  # noqa: T201  # the figures are what the test is run for
            f"{versions(stack)}: killed at line {died}, rotated at {rotated}: {len(lost)} lost"
            + (f", {lost[0]} to {lost[-1]}" if lost else "")
        )
    unsaved = RATE * (SAVED_S[agent] + 2)
    assert all(died - unsaved <= number for number in lost), (died, rotated, lost[:3], lost[-3:])
    assert writer.count - 1 in stored
