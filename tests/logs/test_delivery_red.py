"""Every rule on delivery turns red on real Promtail and real Loki, configured wrongly in just the way it speaks of.

Each case changes the shipped configuration in one respect, delivers the same lines, and names the rules that must be
red: these and no others. All cases run side by side, each with a Promtail of its own.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest

from stack.clients.loki import LokiClient
from stack.embedded.refusal import NotSimulated
from stack.embedded.stack import EmbeddedLogs
from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import EmittedLine, LogEntry
from suites.core.discovery import rules
from suites.core.evidence import NotEvaluated
from suites.core.rule import NotApplicable
from suites.logs.collect.delivery import DeliveryContract, collect
from tests.fidelity.real import LOKI_CONFIG, PROMTAIL_CONFIG, RealLogs, needs_real_servers, real_logs

RULES = {name: rule for name, rule in rules().items() if rule.record is Delivery}
LAST = "- labelallow: [system, service, instance, environment, level]"
METADATA = "- structured_metadata:\n                request_id:\n"
SCRAPE = "scrape_configs:\n"
LIMIT = "\n            - limit:\n                rate: 0.001\n                burst: 22\n                drop: true"
SECOND_JOB = """  - job_name: again
    static_configs:
      - targets: [localhost]
        labels:
          job: again
          __path__: ${PROMTAIL_LOG_GLOB:-/var/log/services/*/*/*.log}
"""
SKIP = ("action_on_failure: fudge", "action_on_failure: skip")


@dataclass(frozen=True)
class Case:
    """What is changed in the agent's configuration or written besides, what is expected, and the rules that break.

    `not_simulated` is what the stand-ins refuse in it.
    """

    red: tuple[str, ...]
    changes: tuple[tuple[str, str], ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=lambda: {"level": "*"})
    streams: int = 20
    deadline_s: float = 6.0
    more: tuple[str, ...] = ()
    not_simulated: str = ""


CASES = {
    "shipped": Case(()),
    "time-not-found": Case(("with-own-timestamp",), (("source: time\n", "source: tmie\n"),)),
    "time-shifted": Case(
        ("with-own-timestamp",),
        (("RFC3339Nano\n", "'2006-01-02T15:04:05.000000Z'\n                location: Etc/GMT-1\n"),),
        not_simulated="the setting `location`",
    ),
    "label-dropped": Case(("under-expected-labels",), ((LAST, LAST.replace("system, ", "")),)),
    "label-too-many": Case(("under-expected-labels",), ((LAST, LAST.replace("system, ", "system, filename, ")),)),
    "label-wrong": Case(
        ("under-expected-labels",), (("labels:\n          system:\n", "labels:\n          system: service\n"),)
    ),
    "id-as-label": Case(
        ("ids-not-labels",),
        (
            (METADATA, "- labels:\n                request_id:\n            - structured_metadata:\n"),
            (LAST, LAST.replace("level]", "level, request_id]")),
        ),
    ),
    "ids-not-kept": Case(
        ("structured-metadata",), ((METADATA, METADATA.replace("                request_id:\n", "")),)
    ),
    "level-wrong": Case(
        ("level-label-matches-line",),
        ((") (ToLower .Value) }}", ') "debug" }}'),),
        not_simulated="the template `{{ get (dict ",
    ),
    "line-too-long": Case(
        ("exactly-once",),
        ((SCRAPE, f"limits_config:\n  max_line_size: 1KB\n\n{SCRAPE}"),),
        not_simulated="`limits_config`",
    ),
    "line-dropped": Case(
        ("exactly-once",),
        ((LAST, f"{LAST}\n            - drop:\n                expression: Traceback"),),
        not_simulated="stage `drop`",
    ),
    "equal-lines-lost": Case(
        ("exactly-once",),
        ((LAST, LAST + LIMIT),),
        more=("the same each time",) * 20,
        not_simulated="stage `limit`",
    ),
    "read-by-two-jobs": Case(("exactly-once",), ((SCRAPE, SCRAPE + SECOND_JOB),)),
    "equal-lines-in-one-second": Case(
        ("timestamp-tells-equal-lines-apart",), more=('{"timestamp": "@NOW@", "level": "info", "event": "beat"}',) * 5
    ),
    "line-cut": Case(
        ("json-parses", "unchanged"),
        ((SCRAPE, f"limits_config:\n  max_line_size: 1KB\n  max_line_size_truncate: true\n\n{SCRAPE}"),),
        not_simulated="`limits_config`",
    ),
    "line-rewritten": Case(
        ("json-parses", "unchanged"),
        (
            ("request_id: >-\n", "event: event\n                  request_id: >-\n"),
            (LAST, f"{LAST}\n            - output:\n                source: event"),
        ),
        not_simulated="stage `output`",
    ),
    "line-packed": Case(
        ("unchanged",),
        ((LAST, f"{LAST}\n            - pack:\n                labels: []"),),
        not_simulated="stage `pack`",
    ),
    "out-of-order": Case(("in-order",), (SKIP, (LAST, LAST.replace(", level]", "]"))), labels={}),
    "late": Case(("in-time",), environment={"PROMTAIL_BATCH_WAIT": "20s"}, deadline_s=45),
    "too-many-streams": Case(
        ("within-stream-budget",),
        (
            ("request_id: >-\n", "event: event\n                  request_id: >-\n"),
            (
                LAST,
                "- static_labels:\n                event: none\n"
                "            - labels:\n                event:\n            " + LAST.replace("level]", "level, event]"),
            ),
        ),
        labels={"level": "*", "event": "*"},
        streams=6,
    ),
}


MESSAGES = {
    "equal-lines-lost": "13 of 35 lines, first line 23, were not found in 6 s",
    "read-by-two-jobs": "15 of 15 lines, first line 1, were found up to 2 times, also in `{filename=",
    "equal-lines-in-one-second": "4 of 20 lines, first line 17, were stored as one with an equal line of the same time",
}


def write_lines(folder: Path, service: str, more: tuple[str, ...] = ()) -> tuple[EmittedLine, ...]:
    """Write what a service logs: events with ids, one long, a stack trace on lines of its own, and `more`."""
    now = time.time() - 0.5
    texts = []
    for number in range(12):
        at = datetime.fromtimestamp(now + number / 100, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        level = ["info", "warning", "error"][number % 3]
        event = "x" * 2000 if number == 5 else f"event {number}"
        texts.append(
            json.dumps({"timestamp": at, "level": level, "event": event, "request_id": f"r-{service}-{number}"})
        )
        if number == 8:
            texts += ["Traceback (most recent call last):", f'  File "{service}.py", line 8, in main', "ValueError: 8"]
    whole_second = datetime.fromtimestamp(int(now), UTC).isoformat().replace("+00:00", "Z")
    texts += [text.replace("@NOW@", whole_second) for text in more]
    path = folder / "logs" / "dante" / service / "one.log"
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return tuple(EmittedLine.parse(text, number, str(path)) for number, text in enumerate(texts, 1))


def changed(source: Path, target: Path, changes: tuple[tuple[str, str], ...]) -> Path:
    text = source.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"`{old}` is {text.count(old)} times in {source.name}"
        text = text.replace(old, new)
    target.write_text(text, encoding="utf-8")
    return target


def contract_of(service: str, case: Case) -> DeliveryContract:
    fixed = {"service": service, "system": "dante", "environment": "test", "instance": "one"}
    return DeliveryContract(service, {**fixed, **case.labels}, case.streams, latency_budget_s=2.5)


async def delivered(
    url: str, contract: DeliveryContract, lines: tuple[EmittedLine, ...], deadline_s: float = 6.0
) -> Delivery:
    async with httpx.AsyncClient(timeout=120) as http:
        reader = LokiClient(url, http)
        records = (await collect(reader, contract, lines, time.time() - 30, deadline_s=deadline_s))[Delivery]
    assert not isinstance(records, NotEvaluated), records
    [delivery] = records
    assert isinstance(delivery, Delivery)
    return delivery


def short(name: str) -> str:
    return name.removeprefix("logs/").removeprefix("delivered-")


def judge(delivery: Delivery) -> dict[str, list[str]]:
    """Return the messages of the rules that are red."""
    red = {}
    for name, rule in RULES.items():
        try:
            messages = [finding.message for finding in rule.judge(delivery)]
        except NotApplicable:
            continue
        if messages:
            red[short(name)] = messages
    return red


def holds(wanted: int, there: list[LogEntry]) -> bool:
    return len(there) >= wanted


def start_case(real: RealLogs, name: str, folder: Path) -> None:
    case = CASES[name]
    folder.mkdir(exist_ok=True)
    environment = real.environment(
        PROMTAIL_DATA_DIR=str(folder), PROMTAIL_LOG_GLOB=f"{folder}/logs/*/*/*.log", **case.environment
    )
    real.promtail(changed(PROMTAIL_CONFIG, folder / "promtail.yaml", case.changes), environment)


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Delivery]]:
    folder = tmp_path_factory.mktemp("delivery")
    with real_logs(folder) as real:
        for name in CASES:
            start_case(real, name, folder / name)
        lines = {name: write_lines(folder / name, name, case.more) for name, case in CASES.items()}

        async def all_of_them() -> list[Delivery]:
            return await asyncio.gather(
                *(
                    delivered(real.url, contract_of(name, case), lines[name], case.deadline_s)
                    for name, case in CASES.items()
                )
            )

        yield dict(zip(CASES, asyncio.run(all_of_them()), strict=True))


@pytest.mark.native
@needs_real_servers()
@pytest.mark.parametrize("name", CASES)
def test_a_wrong_agent_turns_just_its_rules_red(name: str, deliveries: dict[str, Delivery]) -> None:
    delivery = deliveries[name]
    if "in-time" in CASES[name].red:  # twenty seconds are late, however busy this machine is
        delivery = replace(delivery, contention=1.0)
    red = judge(delivery)
    assert sorted(red) == sorted(CASES[name].red), red
    if name in MESSAGES:
        [message] = red[CASES[name].red[0]]
        assert message.startswith(MESSAGES[name])


def test_every_rule_is_among_the_cases() -> None:
    covered = {rule for case in CASES.values() for rule in case.red}
    assert covered == {short(name) for name in RULES}


@pytest.mark.native
@needs_real_servers()
def test_a_line_over_the_limit_of_the_store_is_lost(tmp_path: Path) -> None:
    changes = (
        ("max_line_size: 256KB", "max_line_size: 1KB"),
        ("max_line_size_truncate: true", "max_line_size_truncate: false"),
    )
    with real_logs(tmp_path, changed(LOKI_CONFIG, tmp_path / "loki.yaml", changes)) as real:
        start_case(real, "shipped", tmp_path)
        lines = write_lines(tmp_path, "limited")
        red = judge(asyncio.run(delivered(real.url, contract_of("limited", CASES["shipped"]), lines)))
    assert red == {"exactly-once": ["line 6 was not found in 6 s"]}


@pytest.mark.native
@needs_real_servers()
def test_lines_read_again_are_there_twice_only_without_their_own_time(tmp_path: Path) -> None:
    """The store drops a copy that bears the same time; without positions and without times, it cannot."""
    with real_logs(tmp_path) as real:
        start_case(real, "shipped", tmp_path)
        lines = write_lines(tmp_path, "again")
        contract = contract_of("again", CASES["shipped"])
        assert judge(asyncio.run(delivered(real.url, contract, lines))) == {}
        for name, copies in (("shipped", 1), ("time-not-found", 2)):
            real.agents[-1].kill()
            (tmp_path / "positions.yaml").unlink(missing_ok=True)
            start_case(real, name, tmp_path)
            window = (int((time.time() - 60) * 1e9), int((time.time() + 60) * 1e9))
            wanted = copies * len(lines) + (copies == 1)  # one more than there can be, to give a wrong copy its time
            real.wait_for('{service="again"}', window, partial(holds, wanted), 2.5)
            red = judge(asyncio.run(delivered(real.url, contract, lines)))
            assert sorted(red) == ([] if copies == 1 else ["exactly-once"]), red
            if copies == 2:
                assert red["exactly-once"] == ["15 of 15 lines, first line 1, were found up to 2 times"]


@pytest.mark.parametrize("name", [name for name in CASES if name not in {"late"}])
def test_the_stand_ins_turn_the_same_rules_red_or_refuse(name: str, tmp_path: Path) -> None:
    """Without real servers, a wrong configuration is still found, as simulated, or not evaluated with the reason."""
    case = CASES[name]
    environment = {"ENVIRONMENT": "test", "PROMTAIL_LOG_GLOB": f"{tmp_path}/logs/*/*/*.log"}
    agent = changed(PROMTAIL_CONFIG, tmp_path / "promtail.yaml", case.changes)
    if case.not_simulated:
        with pytest.raises(NotSimulated, match=re.escape(case.not_simulated)):
            EmbeddedLogs(agent, LOKI_CONFIG, environment)
        return
    simulated = EmbeddedLogs(agent, LOKI_CONFIG, environment)
    lines = write_lines(tmp_path, name, case.more)
    found = asyncio.run(
        collect(simulated, contract_of(name, case), lines, time.time() - 30, deadline_s=0.2, watched=False)
    )
    records = found[Delivery]
    assert not isinstance(records, NotEvaluated), records
    [delivery] = records
    assert sorted(judge(delivery)) == sorted(case.red)
