"""The containers backend on a real engine: what it does when things break, and that nothing of it is left behind.

The contract that it shares with the other backends is in `test_backend_contract.py`. Skipped, with the reason, where
no engine answers or the images are not there; `python -m tests.images.build` builds them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from stack.backends.base import StackPlan
from stack.backends.containers import ContainersBackend, why_not
from stack.backends.containers_stack import ContainersStack
from stack.backends.engine import EngineError, find_engine
from stack.backends.engine_reaper import LABEL, Reaper, remove_abandoned
from stack.backends.ports import Ports
from stack.eventually import eventually
from stack.native.pins import cache_root
from tests.conformance_run import finished, started

STACK = Path(__file__).parents[1] / "stack"
NOTES = cache_root().parent / "projects"
WHY_NOT = why_not()
pytestmark = [pytest.mark.engine, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "")]

TWO = ("prometheus", "redis")
RUN = ("--stack=containers", "--no-retention-trial")


def docker(*arguments: str) -> list[str]:
    client = shutil.which("docker") or "docker"
    return subprocess.run([client, *arguments], capture_output=True, text=True, check=True, timeout=60).stdout.split()


def left_of(project: str) -> list[str]:
    """Everything on the engine that belongs to a project."""
    ours = ("--filter", f"label={LABEL}={project}", "--quiet")
    return [*docker("ps", "--all", *ours), *docker("network", "ls", *ours), *docker("volume", "ls", *ours)]


def project_of(pid: int) -> str:
    return next(note.stem for note in NOTES.glob(f"conformance-{pid}-*.project"))


def gone(project: str) -> None:
    eventually(lambda: left_of(project), lambda left: not left, 60, 0.2, describe=f"nothing of {project} is left")
    eventually(lambda: (NOTES / f"{project}.project").exists(), lambda there: not there, 10, describe="no note is left")


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


def test_a_missing_image_is_told_to_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKI_IMAGE", "127.0.0.1:9/nothing:2")

    assert why_not() == "the image 127.0.0.1:9/nothing:2 is not here and its registry does not offer it"


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


# --- nothing is left -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_leaves_nothing(ended_by: signal.Signals, tmp_path: Path) -> None:
    with started(tmp_path / "run", *RUN, "--service=storage", servers=True) as run:
        run.wait_for("loki 3.", 60)
        project = project_of(run.process.pid)
        assert len(left_of(project)) > 5
        run.process.send_signal(ended_by)
        run.process.wait(60)

        gone(project)
        eventually(run.survivors, lambda found: not found, 20, describe="no process is left")


def test_a_run_that_is_killed_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with started(tmp_path / "run", *RUN, "--service=storage", servers=True) as run:
        pid = run.process.pid
        eventually(lambda: list(NOTES.glob(f"conformance-{pid}-*.project")), bool, 60, 0.01, 0.01)
        project = project_of(pid)
        eventually(lambda: left_of(project), bool, 30, 0.01, 0.01, describe="the first part of the project is there")
        run.process.kill()
        run.process.wait(10)

        gone(project)


def test_two_runs_at_once_do_not_see_each_other(tmp_path: Path) -> None:
    with ExitStack() as both:
        runs = [
            both.enter_context(started(tmp_path / name, *RUN, "--service=api-gateway", servers=True))
            for name in ("one", "two")
        ]
        done = [run.finish(150) for run in runs]

    for run in done:
        assert run.code == 0, run.output[-3000:]
        # Lines of the other run would be further streams under the same labels but one.
        assert run.verdicts("api-gateway", "pass").keys() >= {
            "logs/delivered-exactly-once",
            "logs/delivered-within-stream-budget",
            "logs/delivered-under-expected-labels",
        }
        assert run.run.leftovers() == []


def test_what_a_killed_reaper_left_is_removed_by_the_next_run(tmp_path: Path) -> None:
    engine = find_engine()
    reaper = Reaper(engine.client, "conformance-test-killed", engine.host, tmp_path)
    docker("volume", "create", "--label", f"{LABEL}=conformance-test-killed")
    assert remove_abandoned(engine.client, engine.host, tmp_path) == [], "its reaper stands by"
    os.kill(reaper.pid, signal.SIGKILL)
    reaper.take_over()
    time.sleep(0.2)  # the lock goes with the process

    assert remove_abandoned(engine.client, "unix:///another/engine", tmp_path) == []
    assert remove_abandoned(engine.client, engine.host, tmp_path) == ["conformance-test-killed"]
    assert left_of("conformance-test-killed") == []
    assert list(tmp_path.iterdir()) == []


PIPE = """
import asyncio, sys
async def pump(source, sink):
    try:
        while chunk := await source.read(65536):
            sink.write(chunk)
            await sink.drain()
        sink.write_eof()
    except OSError:
        pass
async def serve(reader, writer):
    source, sink = await asyncio.open_unix_connection(sys.argv[1])
    await asyncio.gather(pump(reader, sink), pump(source, writer))
    writer.close()
    sink.close()
async def main():
    server = await asyncio.start_unix_server(serve, sys.argv[2])
    await server.serve_forever()
asyncio.run(main())
"""


@contextmanager
def piped_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """The engine behind a socket of our own; gives what takes the engine away, and what brings it back."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # paths of sockets must be short
    upstream, here = find_engine().socket, folder / "engine.sock"
    running: list[subprocess.Popen[bytes]] = []

    def back() -> None:
        here.unlink(missing_ok=True)
        running.append(subprocess.Popen([sys.executable, "-c", PIPE, str(upstream), str(here)]))
        eventually(here.exists, bool, 10)

    def away() -> None:
        for process in running:
            process.kill()
            process.wait(10)

    back()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{here}")
    try:
        yield away, back
    finally:
        away()
        shutil.rmtree(folder)


def test_what_is_left_when_the_engine_goes_is_removed_when_it_is_back(
    plan: StackPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = list[str]()
    with piped_engine(monkeypatch) as (away, back):
        stack = ContainersBackend(say=said.append).start(plan)
        project = stack.process("redis").container.rpartition("-redis")[0]
        away()
        problem = eventually(stack.process("redis").reason, bool, 10)
        stack.stop()
        back()
        gone(project)

    assert problem is not None
    assert re.fullmatch(r"redis: the container engine at unix://\S+/engine\.sock does not answer any more", problem)
    assert any("will be removed once the engine answers" in line for line in said), said


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
    assert refused.status_code == 403
    assert "not for a log agent" in json.loads(refused.text)["message"]
