"""The containers backend on a real engine: what is told when things break, and services of other catalogs.

The contract that it shares with the other backends is in `test_backend_contract.py`. Skipped, with the reason, where
no engine answers or the images are not there; `python -m tests.support.images.build` builds them.
"""

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stack.backends.base import Component, StackPlan
from stack.backends.containers.backend import ContainersBackend, why_not
from stack.backends.containers.cleanup import LABEL
from stack.backends.containers.engine import EngineError
from stack.backends.containers.stack import ContainersStack
from stack.backends.ports import Ports
from tests.support.conformance_run import finished
from tests.support.on_engine import MARKS, RUN, TWO, docker, needs_delivery

STACK = Path(__file__).parents[4] / "stack"
pytestmark = MARKS


@pytest.fixture
def plan(tmp_path: Path) -> StackPlan:
    return StackPlan(tmp_path / "run", STACK, TWO)


@pytest.fixture
def running(plan: StackPlan) -> Iterator[ContainersStack]:
    with ContainersBackend().start(plan) as stack:
        yield stack


# --- faults of components ------------------------------------------------------------------------------------------


def test_a_killed_component_is_told_and_comes_back_at_its_address(running: ContainersStack) -> None:
    endpoint = running.endpoint("prometheus")
    prometheus = running.process("prometheus")
    prometheus.kill()

    assert "prometheus ended with exit code 137" in (running.health()["prometheus"] or "")
    assert "its last log lines" in (running.health()["prometheus"] or "")
    assert running.health()["redis"] is None

    prometheus.restart()

    assert running.health() == dict.fromkeys(TWO)
    assert httpx.get(f"{endpoint}/-/ready", trust_env=False).status_code == 200


def test_published_ports_are_on_loopback_alone(running: ContainersStack) -> None:
    for name in TWO:
        addresses = running.listening(name)
        assert addresses == ((running.endpoint(name) or "").partition("://")[2],)


def test_versions_are_the_servers_own(running: ContainersStack) -> None:
    image = docker("inspect", "--format", "{{.Config.Image}}", running.process("redis").container)[0]

    assert running.components["redis"].detail == image
    assert (running.components["redis"].version or "").split(".")[0].isdigit()


def test_a_component_that_does_not_start_shows_the_end_of_its_log_and_leaves_it(tmp_path: Path) -> None:
    broken = tmp_path / "stack"
    shutil.copytree(STACK, broken, ignore=shutil.ignore_patterns("__pycache__", "native", "embedded"))
    (broken / "prometheus" / "prometheus.yml").write_text("global: {scrape_intervall: 15s}\n", encoding="utf-8")

    with ContainersBackend().start(StackPlan(tmp_path / "run", broken, TWO)) as stack:
        health = stack.health()

    said = stack.components["prometheus"].detail
    assert "prometheus ended with exit code 2" in said
    assert "field scrape_intervall not found" in said
    kept = Path(said.partition("(all of it: ")[2].partition(")")[0])
    assert "field scrape_intervall not found" in kept.read_text(encoding="utf-8")
    shutil.rmtree(kept.parent)
    assert health["prometheus"]
    assert health["redis"] is None


# --- what is told before anything runs -----------------------------------------------------------------------------


@pytest.mark.parametrize("more", [(), ("-n2",)], ids=["one process", "workers"])
def test_an_image_that_is_neither_here_nor_to_be_had_ends_the_run_before_its_first_test(
    more: tuple[str, ...], tmp_path: Path
) -> None:
    missing = {"LOKI_IMAGE": "observability-conformance/nothing:1", "REDIS_IMAGE": "127.0.0.1:9/nothing:2"}
    run = finished(tmp_path / "run", *RUN, *more, env=missing, servers=True)

    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --stack containers: images that the stack needs cannot be had:\n" in run.output
    assert "  loki: observability-conformance/nothing:1 is not here and cannot be pulled: " in run.output
    assert "  redis: 127.0.0.1:9/nothing:2 is not here and cannot be pulled: " in run.output
    assert "name other images by LOKI_IMAGE, REDIS_IMAGE" in run.output
    assert "Traceback" not in run.output
    assert run.run.leftovers() == []


def test_a_missing_image_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_IMAGE", "127.0.0.1:9/nothing:2")

    assert (
        why_not(stand_ins_are_better=False)
        == "the image 127.0.0.1:9/nothing:2 is not here and its registry does not offer it"
    )


def test_a_component_can_be_left_out_by_its_images_variable(plan: StackPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_IMAGE", "none")
    with ContainersBackend().start(plan) as stack:
        assert stack.components["prometheus"].provenance == "container"
        assert stack.components["redis"] == Component("redis", "absent", detail="left out by REDIS_IMAGE=none")


def test_auto_does_not_take_containers_without_what_local_processes_stand_in_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOKI_IMAGE", "none")
    assert why_not() == "LOKI_IMAGE=none leaves loki out, which local processes stand in for"
    assert why_not(stand_ins_are_better=False) is None


class Squatter:
    """Takes the first ports that are given out, and listens there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        self.sockets: list[socket.socket] = []
        take = Ports.take

        def taken(ports: Ports) -> int:
            if len(self.sockets) >= count:
                return take(ports)
            squatting = socket.socket()
            squatting.bind(("127.0.0.1", 0))
            squatting.listen()
            self.sockets.append(squatting)
            return int(squatting.getsockname()[1])

        monkeypatch.setattr(Ports, "take", taken)

    def close(self) -> None:
        for each in self.sockets:
            each.close()


def test_other_ports_are_tried_where_one_is_taken(plan: StackPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    squatter, said = Squatter(monkeypatch, 9), list[str]()
    try:
        with ContainersBackend(say=said.append).start(plan) as stack:
            assert stack.health() == dict.fromkeys(TWO)
    finally:
        squatter.close()
    assert any("a port is taken by another program" in line and "trying other ports" in line for line in said)


def test_a_port_that_is_always_taken_is_told(plan: StackPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    squatter = Squatter(monkeypatch, 1000)
    try:
        with pytest.raises(
            EngineError, match=r"`docker compose up`: a port is taken by another program: .*127\.0\.0\.1"
        ):
            ContainersBackend().start(plan)
    finally:
        squatter.close()


def test_the_agent_sees_no_container_but_those_of_its_run(
    running: ContainersStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "run")  # paths of sockets must be short
    transport = httpx.HTTPTransport(uds="docker.sock")
    with httpx.Client(transport=transport, base_url="http://docker") as client:
        shown = client.get("/v1.41/containers/json").json()
        refused = client.post("/v1.41/containers/prune")

    projects = {container["Labels"].get(LABEL) for container in shown}
    assert projects == {running.process("redis").container.rpartition("-redis")[0]}
    assert len(shown) == len(TWO)
    assert refused.status_code == 501
    assert "not for a log agent" in json.loads(refused.text)["message"]


# --- services that the compose file does not know --------------------------------------------------------------------

SERVICE = """
name: {name}
system: web
owner: {{team: Web, contact: web@example.com}}
start:
  containers: {{image: {image}, env: {{{listen}: "0.0.0.0:8080", {more}}}}}
ready: {{path: {ready}}}
metrics: {{port: 8080}}
logs: {{{logs}}}
traffic: [{{path: {path}}}]
"""


@needs_delivery
def test_services_of_any_catalog_are_run_beside_the_stack_and_judged(tmp_path: Path) -> None:
    entries = [
        SERVICE.format(
            name="shop",
            image="observability-conformance/dante:0.1.0",
            listen="DANTE_LISTEN",
            more="DANTE_SERVICE: storage",
            ready="/healthz",
            logs="format: zap",
            path="/no/such/path, expect_status: 404",
        ),
        SERVICE.format(
            name="books",
            image="observability-conformance/docaiche-api:0.1.0",
            listen="DOCAICHE_LISTEN",
            more="DOCAICHE_LOG_DIR: /data/logs",
            ready="/api/v1/health",
            logs="format: structlog, source: file, directory: /data/logs, file: docaiche-api.log",
            path="/api/v1/stats",
        ),
    ]
    for entry in entries:
        folder = tmp_path / "catalog" / entry.split()[1]
        folder.mkdir(parents=True)
        (folder / "service.yaml").write_text(entry, encoding="utf-8")

    run = finished(
        tmp_path / "run", "--stack=containers", f"--catalog={tmp_path / 'catalog'}", "-k=books or shop", servers=True
    )

    for name in ("shop", "books"):
        found = run.verdicts(name, "pass")
        assert {
            "metrics/target-up",
            "metrics/nothing-dropped-on-scrape",
            "logs/delivered-under-expected-labels",
        } <= found.keys(), run.output
        assert found["logs/delivered-exactly-once"]["evidence"] == "live"
        # Each line of theirs names the service that the image was made for.
        assert run.verdicts(name, "fail").keys() == {"logs/service-named"}, run.output
