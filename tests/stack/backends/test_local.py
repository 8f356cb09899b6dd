"""The local backend: real servers on the shipped files where they can be had, and the truth where they cannot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from stack.backends.base import Component, StackPlan, TargetGroup, agent_of
from stack.backends.local.backend import LocalBackend
from stack.backends.local.grafana import settings
from stack.backends.process import ComponentFailed, Running
from stack.backends.target_files import write_targets
from stack.components import COMPONENTS
from stack.embedded.refusal import ConfigError, NotSimulated
from stack.eventually import eventually
from stack.servers import find
from stack.servers.find import find_binary, why_absent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stack.backends.local.backend import LocalStack
    from stack.embedded.stack import EmbeddedLogs

STACK = Path(__file__).parents[3] / "stack"
SERVERS = ("prometheus", "loki", "promtail")


def need(*names: str) -> None:
    for name in names:
        if find_binary(name) is None:
            pytest.skip(f"no real {name}: {why_absent(name)}")


def refuse(*_files: object) -> EmbeddedLogs:
    pytest.fail("the stand-in was asked for although real servers are here")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(find.SERVERS_VARIABLE, "none")


def up(stack: LocalStack) -> dict[str, float]:
    """The value of `up` by job, as Prometheus has it."""
    answer = httpx.get(f"{stack.endpoint('prometheus')}/api/v1/query", params={"query": "up"}, trust_env=False)
    return {series["metric"]["job"]: float(series["value"][1]) for series in answer.json()["data"]["result"]}


@pytest.mark.native
def test_real_servers_start_say_their_version_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(*SERVERS)
    stopped: list[str] = []
    stop = Running.stop

    def recorded(process: Running) -> None:
        stopped.append(process.spec.name)
        stop(process)

    monkeypatch.setattr(Running, "stop", recorded)
    stack = LocalBackend(refuse).start(StackPlan(tmp_path, STACK, SERVERS))
    with stack:
        assert stack.health() == dict.fromkeys(SERVERS)
        for name in SERVERS:
            component = stack.components[name]
            assert component.provenance == "native"
            if component.detail.startswith("make servers"):
                assert component.version == COMPONENTS[name].tag.removeprefix("v")
        pids = [stack.process(name).pid for name in SERVERS]
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert stopped[0] == "promtail", "it would try to send its last lines to a Loki that is gone"


@pytest.mark.native
def test_a_component_that_dies_is_noticed_and_can_come_back(tmp_path: Path) -> None:
    need("prometheus")
    with LocalBackend(refuse).start(StackPlan(tmp_path, STACK, ("prometheus",))) as stack:
        stack.process("prometheus").kill()
        reason = stack.health()["prometheus"]
        assert reason is not None
        assert reason.startswith("prometheus was ended by SIGKILL; its last log lines")
        assert "Server is ready to receive web requests" in reason
        stack.process("prometheus").restart()
        assert stack.health() == {"prometheus": None}


@pytest.mark.native
def test_alloy_runs_on_its_shipped_configuration(tmp_path: Path) -> None:
    need("alloy")
    with LocalBackend(refuse).start(StackPlan(tmp_path, STACK, ("alloy",), ready_timeout_s=60)) as stack:
        assert stack.health() == {"alloy": None}
        assert stack.components["alloy"].provenance == "native"
        assert stack.components["alloy"].version


@pytest.mark.native
def test_targets_are_scraped_within_seconds_and_can_change(tmp_path: Path) -> None:
    need("prometheus")
    nobody = {"ghost": [TargetGroup(("127.0.0.1:1",), {"system": "dante"})]}
    plan = StackPlan(tmp_path, STACK, ("prometheus",), targets=nobody)
    with LocalBackend(refuse).start(plan) as stack:
        first = eventually(lambda: up(stack), lambda jobs: len(jobs) == 2, 10, describe="both jobs are scraped")
        assert first == {"prometheus": 1.0, "ghost": 0.0}
        stack.set_targets({})
        eventually(lambda: up(stack), lambda jobs: "ghost" not in jobs, 10, describe="the job is gone")
        with pytest.raises(ValueError, match="job `prometheus` has the name of a component"):
            stack.set_targets({"prometheus": []})


@pytest.mark.native
def test_a_broken_configuration_is_told_in_the_servers_own_words(tmp_path: Path) -> None:
    need("prometheus")
    config = tmp_path / "stack" / "prometheus"
    config.mkdir(parents=True)
    (config / "prometheus.yml").write_text("global: {scrape_intervall: 15s}\n", encoding="utf-8")
    plan = StackPlan(tmp_path / "run", tmp_path / "stack", ("prometheus",))
    with LocalBackend(refuse).start(plan) as stack:
        reason = stack.health()["prometheus"]
        assert reason is not None
        assert "field scrape_intervall not found" in reason
        assert "field scrape_intervall not found" in stack.components["prometheus"].detail
        with pytest.raises(ComponentFailed):
            stack.process("prometheus").restart()


@pytest.mark.native
def test_prometheus_runs_the_shipped_file_unchanged(tmp_path: Path) -> None:
    need("prometheus")
    with LocalBackend(refuse).start(StackPlan(tmp_path, STACK, ("prometheus",))):
        used = tmp_path / "prometheus" / "config" / "prometheus.yml"
        assert used.read_bytes() == (STACK / "prometheus" / "prometheus.yml").read_bytes()


@pytest.mark.native
@pytest.mark.parametrize("name", ["alertmanager", "node-exporter", "redis"])
def test_servers_of_the_distribution_start(name: str, tmp_path: Path) -> None:
    need(name)
    with LocalBackend(refuse).start(StackPlan(tmp_path, STACK, (name,))) as stack:
        assert stack.health() == {name: None}
        assert stack.components[name].version


@pytest.mark.native
def test_alertmanager_runs_apart_from_the_secrets(tmp_path: Path) -> None:
    need("alertmanager")
    config = tmp_path / "stack"
    shutil.copytree(STACK / "alertmanager", config / "alertmanager")
    (config / "alertmanager" / "secrets").mkdir(exist_ok=True)
    (config / "alertmanager" / "secrets" / "webhook-url").write_text("http://127.0.0.1:1/", encoding="utf-8")
    with LocalBackend(refuse).start(StackPlan(tmp_path / "run", config, ("alertmanager",))) as stack:
        assert stack.health() == {"alertmanager": None}
    assert list((tmp_path / "run").rglob("webhook-url")) == []


@pytest.mark.usefixtures("bare")
def test_what_is_absent_says_so_and_the_stand_in_serves_for_delivery(tmp_path: Path) -> None:
    with LocalBackend().start(StackPlan(tmp_path, STACK)) as stack:
        kinds = {name: component.provenance for name, component in stack.components.items()}
        assert kinds.pop("loki") == kinds.pop("promtail") == "embedded"
        assert kinds.pop("console") == "native"  # it is a part of this checkout
        assert set(kinds.values()) == {"absent"}
        assert stack.embedded_logs is not None
        assert stack.endpoint("loki") is None
        assert "CONFORMANCE_SERVERS=none" in stack.components["redis"].detail
        assert stack.health() == {"loki": None, "promtail": None, "console": None}


@pytest.mark.usefixtures("bare")
def test_a_stand_in_that_does_not_know_a_stage_is_absent_with_the_reason(tmp_path: Path) -> None:
    def unknown(_agent: Path, _store: Path, _env: Mapping[str, str]) -> EmbeddedLogs:
        raise NotSimulated("stage `geoip`")

    with LocalBackend(unknown).start(StackPlan(tmp_path, STACK, ("loki", "promtail"))) as stack:
        assert {part.provenance for part in stack.components.values()} == {"absent"}
        assert "stage `geoip` is not simulated" in stack.components["loki"].detail


@pytest.mark.usefixtures("bare")
def test_a_configuration_that_no_server_takes_is_a_failure_not_an_absence(tmp_path: Path) -> None:
    def broken(_agent: Path, _store: Path, _env: Mapping[str, str]) -> EmbeddedLogs:
        raise ConfigError("promtail-config.yaml: clients[0]: no url")

    with LocalBackend(broken).start(StackPlan(tmp_path, STACK, ("promtail",))) as stack:
        assert stack.components["promtail"].provenance == "embedded"
        assert stack.health() == {"promtail": "promtail-config.yaml: clients[0]: no url"}


def test_what_cannot_run_locally_is_absent(tmp_path: Path) -> None:
    with LocalBackend(refuse).start(StackPlan(tmp_path, STACK, ("consul",))) as stack:
        assert stack.components["consul"].provenance == "absent"
        assert "the local backend cannot run consul" in stack.components["consul"].detail
        with pytest.raises(KeyError):
            stack.process("consul")


@pytest.mark.parametrize(
    ("text", "says"), [("services: {}\n", "has no service `grafana`"), ("- 1\n", "settings cannot be read from")]
)
def test_grafana_without_shipped_settings_says_so(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ComponentFailed, match=says):
        settings(tmp_path / "docker-compose.yml", {})


def test_grafana_takes_the_settings_of_the_compose_file() -> None:
    found = settings(STACK / "docker-compose.yml", {"GRAFANA_ADMIN_PASSWORD": "p", "PUBLIC_URL": "http://here"})
    assert found["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert found["GF_SECURITY_ADMIN_PASSWORD"] == "p"
    assert found["GF_SERVER_ROOT_URL"] == "http://here/grafana/"


def test_target_files_carry_job_labels_and_an_interval_that_fits_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.backends.target_files.contention", lambda **_: 2.6)
    write_targets(tmp_path, {"old": [TargetGroup(("127.0.0.1:1",))]})
    write_targets(tmp_path, {"api": [TargetGroup(("127.0.0.1:2",), {"system": "dante", "__scrape_interval__": "5s"})]})
    assert [path.name for path in tmp_path.iterdir()] == ["api.json"]
    [group] = json.loads((tmp_path / "api.json").read_text(encoding="utf-8"))
    assert group["targets"] == ["127.0.0.1:2"]
    expected = {"job": "api", "system": "dante", "__scrape_interval__": "5s", "__scrape_timeout__": "2700ms"}
    assert group["labels"] == expected


def test_many_targets_at_one_address_are_scraped_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.backends.target_files.contention", lambda **_: 1.0)
    small = {f"s{number}": [TargetGroup(("127.0.0.1:1",))] for number in range(90)}
    write_targets(tmp_path, small | {"alone": [TargetGroup(("127.0.0.1:2",))]})
    intervals = {
        name: json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))[0]["labels"]["__scrape_interval__"]
        for name in ("s1", "alone")
    }
    assert intervals == {"s1": "9s", "alone": "1s"}


def test_the_agent_of_a_stack_is_the_one_that_it_has() -> None:
    loki, promtail, alloy = (Component(name, "native") for name in ("loki", "promtail", "alloy"))
    absent = Component("promtail", "absent")
    assert agent_of({"loki": loki, "promtail": promtail}) == "promtail"
    assert agent_of({"loki": loki, "alloy": alloy}) == "alloy"
    assert agent_of({"promtail": absent, "alloy": alloy}) == "alloy"
    assert agent_of({"promtail": absent}) == "promtail"
    assert agent_of({}) == "promtail"


def test_no_stand_in_is_passed_off_as_another_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(find.SERVERS_VARIABLE, "none")
    with LocalBackend(refuse).start(StackPlan(tmp_path, STACK, ("loki", "alloy"))) as stack:
        assert {name: part.provenance for name, part in stack.components.items()} == {
            "loki": "absent",
            "alloy": "absent",
        }
        assert stack.embedded_logs is None
