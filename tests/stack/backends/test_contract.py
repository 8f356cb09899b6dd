"""One contract for every backend: the same clients, the same records, and the truth about what stands behind them."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import httpx
import pytest

from stack.backends.attached.backend import AttachedBackend
from stack.backends.attached.target_file import TargetFile
from stack.backends.base import RunningStack, StackPlan, TargetGroup
from stack.backends.local.backend import LocalBackend
from stack.clients.log_reader import LogReader
from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient
from stack.eventually import aeventually
from stack.records.logs.entry import LogEntry
from stack.records.scrape.target import Target
from stack.servers.find import SERVERS_VARIABLE, find_binary, why_absent
from suites.collect.backend_choice import why_no_containers

STACK = Path(__file__).parents[3] / "stack"
ASKED = ("prometheus", "loki", "promtail", "alertmanager")
PROVENANCE = {"local": "native", "embedded": "embedded", "attached": "attached", "containers": "container"}


@dataclass
class Case:
    """A running stack and the backend that runs it; `log` is a file that its agent follows, if there is one."""

    backend: str
    stack: RunningStack
    log: Path

    @property
    def real(self) -> list[str]:
        """The components that real servers stand behind."""
        found = self.stack.components.values()
        return [one.name for one in found if one.provenance not in ("absent", "embedded") and one.name in ASKED]


def plan(folder: Path) -> StackPlan:
    (folder / "logs" / "dante" / "contract").mkdir(parents=True)
    nobody = {"ghost": [TargetGroup(("127.0.0.1:1",), {"system": "dante"})]}
    return StackPlan(folder / "run", STACK, ASKED, nobody, str(folder / "logs" / "*" / "*" / "*.log"))


def needs_real() -> None:
    for name in ("prometheus", "loki", "promtail"):
        if find_binary(name) is None:
            pytest.skip(f"no real {name}: {why_absent(name)}")


def started(backend: str, folder: Path) -> Iterator[RunningStack]:
    """Start the stack on one backend; an attached one is a local one that somebody else started."""
    if backend == "containers":
        why = why_no_containers()
        if why:
            pytest.skip(why)
        with import_module("stack.backends.containers.backend").ContainersBackend().start(plan(folder)) as stack:
            yield stack
        return
    if backend == "embedded":
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(SERVERS_VARIABLE, "none")
            with LocalBackend().start(plan(folder)) as stack:
                yield stack
        return
    needs_real()
    with LocalBackend().start(plan(folder)) as local:
        if backend == "local":
            yield local
            return
        endpoints = {name: url for name in ASKED if (url := local.endpoint(name))}
        with AttachedBackend(TargetFile(endpoints)).start(plan(folder / "attached")) as stack:
            yield stack
        assert not any(local.health().values()), "what was only attached to still runs"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("local", marks=pytest.mark.native),
        "embedded",
        pytest.param("attached", marks=pytest.mark.native),
        pytest.param("containers", marks=pytest.mark.engine),
    ],
)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp(request.param)
    for stack in started(request.param, folder):
        yield Case(request.param, stack, folder / "logs" / "dante" / "contract" / "main.log")


def test_every_component_says_what_stands_behind_it(case: Case) -> None:
    for component in case.stack.components.values():
        if component.provenance == "absent":
            assert component.detail, f"{component.name} is absent without a reason"
            assert component.endpoint is None
        else:
            assert component.provenance == PROVENANCE[case.backend]
            assert (component.endpoint is None) == (component.provenance == "embedded")
            assert component.provenance == "embedded" or component.version


def test_what_was_asked_for_is_there(case: Case) -> None:
    assert set(ASKED) <= set(case.stack.components)
    wanted = {"loki", "promtail"} if case.backend == "embedded" else {"prometheus", "loki"}
    assert wanted <= {one.name for one in case.stack.components.values() if one.provenance != "absent"}


def test_health_speaks_of_all_that_is_there_and_of_nothing_else(case: Case) -> None:
    there = {one.name for one in case.stack.components.values() if one.provenance != "absent"}
    assert case.stack.health() == dict.fromkeys(there)


def test_endpoints_are_those_of_the_components(case: Case) -> None:
    assert all(case.stack.endpoint(name) == one.endpoint for name, one in case.stack.components.items())
    assert case.stack.endpoint("nothing-of-that-name") is None


def test_what_is_no_process_here_has_none_to_kill(case: Case) -> None:
    with pytest.raises(KeyError):
        case.stack.process("nothing-of-that-name")
    assert case.stack.listening("nothing-of-that-name") is None


def test_nothing_but_the_gateway_listens_to_the_world(case: Case) -> None:
    for name in case.real:
        listening = case.stack.listening(name)
        assert listening is None or all(address.startswith("127.0.0.1:") for address in listening)


async def prometheus_says(url: str) -> tuple[str, tuple[Target, ...]]:
    async with httpx.AsyncClient(trust_env=False) as http:
        client = PrometheusClient(url, http)
        targets = await aeventually(client.targets, bool, 10, describe="Prometheus has targets")
        return (await client.build_info())["version"], targets


def test_the_prometheus_client_reads_the_same_records(case: Case) -> None:
    component = case.stack.components["prometheus"]
    if component.endpoint is None:
        assert component.provenance == "absent"
        return
    version, targets = asyncio.run(prometheus_says(component.endpoint))
    assert version == component.version
    assert all(isinstance(target, Target) for target in targets)
    assert {"prometheus", "ghost"} <= {target.job for target in targets}


async def read_back(stack: RunningStack, query: str) -> list[LogEntry]:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        url = stack.endpoint("loki")
        reader: LogReader | None = stack.embedded_logs or (LokiClient(url, http) if url else None)
        assert reader is not None
        window = int((time.time() - 600) * 1e9), int((time.time() + 600) * 1e9)

        async def look() -> list[LogEntry]:
            return await reader.entries(query, *window)

        return await aeventually(look, bool, 15, describe="the line is in the store")


def test_a_line_of_a_file_is_the_same_record_everywhere(case: Case) -> None:
    now = time.time()
    line = json.dumps({"level": "info", "ts": now, "msg": "contract", "request_id": "r-1"})
    case.log.write_text(f"{line}\n", encoding="utf-8")

    entries = asyncio.run(read_back(case.stack, '{service="contract"}'))

    assert [entry.line for entry in entries] == [line]
    labels = dict(entries[0].labels)
    assert labels.pop("environment")
    assert labels == {"system": "dante", "service": "contract", "instance": "main", "level": "info"}
    assert dict(entries[0].metadata) == {"request_id": "r-1"}
    assert entries[0].timestamp_ns // 10**6 == int(now * 1000)
