"""A component that is killed in mid-run is one failure of its own; what needs it is not evaluated, the rest arrives.

With real servers, on the healthy miniature: no verdict on the service may fail for what the stack did.
"""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from fixtures.service import Logs, Service
from stack.backends.base import Component
from stack.components import AGENTS
from stack.embedded.limits import limits
from stack.embedded.log_store import LogStore, StoreReader
from stack.records.logs.delivery import Delivery
from stack.records.logs.stream import LogStream
from suites.core.evidence import NotEvaluated, Records
from suites.core.running_service import RunningService
from suites.logs.collect import pipeline
from tests.support.conformance_run import Finished, finished
from tests.support.real_servers import need

NEEDS = {
    "prometheus": {
        "metrics/nothing-dropped-on-scrape",
        "metrics/stored-equals-exposed",
        "metrics/target-scraped-in-time",
        "metrics/target-scraped-once",
        "metrics/target-up",
    },
    "loki": {"logs/delivered-exactly-once", "logs/delivered-unchanged", "logs/delivered-json-parses"},
    **{key: {"logs/delivered-exactly-once", "logs/delivered-unchanged", "logs/delivered-in-time"} for key in AGENTS},
}
"""Rules that cannot be judged without the component."""


def servers(agent: str) -> tuple[str, ...]:
    """The servers of a run with this agent; skips the calling test where one is not found."""
    names = ("prometheus", "loki", agent)
    need(*names)
    return names


def run_without(home: Path, component: str, when: str) -> Finished:
    return finished(
        home,
        "--catalog=fixtures/broken",
        "-k=healthy or component-ready",
        f"--agent={component if component in AGENTS else AGENTS[0]}",
        *("-p", "tests.support.kills_component"),
        env={"KILLED_COMPONENT": component, "KILLED_WHEN": when},
        servers=True,
    )


@pytest.mark.native
@pytest.mark.parametrize(
    ("component", "when"),
    [
        ("prometheus", "started"),
        ("loki", "started"),
        ("loki", "delivery"),
        *((agent, "started") for agent in AGENTS),
    ],
)
def test_its_death_is_told_once_and_costs_no_other_verdict(tmp_path: Path, component: str, when: str) -> None:
    others = set(servers(component if component in AGENTS else AGENTS[0])) - {component}
    run = run_without(tmp_path, component, when)
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.output[-3000:]

    (died,) = run.verdicts(component, "fail").values()
    assert died["rule"] == "components/component-ready"
    assert f"{component} is not ready: {component} was ended by SIGKILL" in died["findings"][0]["message"]
    assert all(set(run.verdicts(other, "pass")) == {"components/component-ready"} for other in others)

    assert not run.verdicts("healthy", "fail", "error", "warn")
    gaps = {rule: verdict for rule, verdict in run.verdicts("healthy", "not-evaluated").items() if verdict["applies"]}
    assert gaps.keys() >= NEEDS[component]
    assert {verdict["reason"] for verdict in gaps.values()} == {f"because {component} was ended by SIGKILL"}
    assert len(run.verdicts("healthy", "pass")) > 100
    assert "INTERNALERROR" not in run.output


@pytest.mark.native
@pytest.mark.parametrize("agent", AGENTS)
def test_nothing_is_killed_and_all_is_well(agent: str, tmp_path: Path) -> None:
    """The control: the same run with all servers alive has no gap where the others have one."""
    servers(agent)
    chosen = ("--catalog=fixtures/broken", "--service=healthy", "-k=healthy", f"--agent={agent}")
    run = finished(tmp_path, *chosen, servers=True)
    judged = set(run.verdicts("healthy", "pass"))
    if not run.verdicts("healthy", "not-evaluated").get("logs/delivered-in-time", {"applies": True})["applies"]:
        judged |= {"logs/delivered-in-time"}  # a busy machine asks the store too late to tell
    assert run.code == pytest.ExitCode.OK, run.output[-3000:]
    for rules in NEEDS.values():
        assert rules <= judged


def empty_store() -> StoreReader:
    """A log store into which nothing was delivered."""
    plain = {"auth_enabled": False, "limits_config": {"discover_service_name": [], "discover_log_levels": False}}
    return StoreReader(LogStore(limits(plain, "loki-config.yaml")))


class DyingStack:
    """A stack whose agent runs when it is first looked at, and never after."""

    components: ClassVar[dict[str, Component]] = {}
    embedded_logs = None

    def __init__(self, died: str | None) -> None:
        self._health = iter([None])
        self._died = died

    def endpoint(self, name: str) -> str:
        return f"http://127.0.0.1:9/{name}"

    def health(self) -> dict[str, str | None]:
        return {"loki": None, "promtail": next(self._health, self._died)}


@pytest.mark.parametrize(
    ("died", "reason"),
    [
        ("promtail was ended by SIGKILL; its last log lines: …", "promtail was ended by SIGKILL"),
        (
            "promtail ended with exit code 1; its last log lines:\n    level=info\n    stage config: Unknown stage",
            "promtail ended with exit code 1: stage config: Unknown stage",
        ),
        (
            "alloy ended with exit code 1; its log:\n    Error: config.alloy:3: no block\n    Error: no load",
            "alloy ended with exit code 1: Error: config.alloy:3: no block",
        ),
        (None, ""),
    ],
)
def test_lines_are_lost_by_the_stack_only_where_it_died(
    died: str | None, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "DEADLINE_S", 0.1)
    found = asyncio.run(followed(DyingStack(died)))[Delivery]
    if died:
        assert found == NotEvaluated(f"because {reason}", because_of="promtail")
    else:
        assert not isinstance(found, NotEvaluated)
        assert [len(delivery.found) for delivery in found] == [0]


async def followed(stack: DyingStack) -> Records:
    service = replace(Service.from_url("shop", "http://127.0.0.1:9"), logs=Logs("zap", labels={"service": "shop"}))
    stream = LogStream.parse('{"ts":1795500000.5,"level":"info","msg":"m"}\n')
    async with httpx.AsyncClient() as http:
        store = pipeline.LogStore(stack, http, ())  # type: ignore[arg-type]  # as much of a stack as is looked at
        store.reader = empty_store()
        return await pipeline.deliveries(RunningService(service, started_at=1795500000.0), {LogStream: [stream]}, store)
