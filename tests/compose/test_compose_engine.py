"""The compose file on a real engine, with images built here: start, use through the gateway, and clean-up.

Everything but Grafana, of which no image can be built here. Skipped, with the reason, where no engine answers.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.components import AGENTS
from stack.eventually import eventually
from stack.servers.find import why_absent
from tests.support.images.build import IMAGES, build, left_out

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a password for this test"
WITHOUT = {"grafana", *(image.name for image in IMAGES if left_out(image.name))}
FILES = {"promtail": ["docker-compose.yml"], "alloy": ["docker-compose.yml", "docker-compose.alloy.yml"]}


def _docker(*arguments: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
    client = shutil.which("docker") or "/nowhere/docker"
    try:
        return subprocess.run([client, *arguments], capture_output=True, text=True, check=False, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired) as broken:
        return subprocess.CompletedProcess(arguments, 127, "", str(broken))


def _why_not() -> str:
    for question in (("info",), ("compose", "version")):
        answer = _docker(*question)
        if answer.returncode != 0:
            lines = (answer.stderr.strip() or answer.stdout.strip()).splitlines()
            return (
                f"docker {' '.join(question)}: {lines[-1] if lines else 'failed'}; see tests/support/images/engine.py"
            )
    return ""


WHY_NOT = _why_not()
pytestmark = [pytest.mark.engine, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]


@dataclass(frozen=True)
class Up:
    """A running stack: its services, and compose for it."""

    agent: str
    services: tuple[str, ...]
    compose: Callable[..., subprocess.CompletedProcess[str]]
    client: httpx.Client


@pytest.fixture(scope="module", params=FILES)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    agent: str = request.param
    if agent != "promtail" and agent in WITHOUT:
        pytest.skip(why_absent(agent))
    environment = tmp_path_factory.mktemp("compose") / "env"
    socket = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    settings = {
        "GRAFANA_ADMIN_PASSWORD": PASSWORD,
        "GATEWAY_PASSWORD": PASSWORD,
        "REDIS_PASSWORD": PASSWORD.replace(" ", "-"),
        "DOCKER_SOCKET": socket,
        "GATEWAY_PORT": "127.0.0.1:0",
        "PROMETHEUS_PORT": "0",
        **{image.variable: build(image) for image in IMAGES if image.name not in WITHOUT},
    }
    settings["COMPOSE_FILE"] = os.pathsep.join(str(ROOT / "stack" / name) for name in FILES[agent])
    environment.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
    project = [
        "compose",
        "-p",
        f"conformance-{os.getpid()}-{agent}",
        "--env-file",
        str(environment),
        "--profile",
        "services",
    ]

    def compose(*arguments: str) -> subprocess.CompletedProcess[str]:
        return _docker(*project, *arguments, timeout=600)

    services = tuple(sorted(set(compose("config", "--services").stdout.split()) - WITHOUT))
    try:
        up = compose("up", "-d", "--no-build", "--pull", "never", "--wait", "--wait-timeout", "120", *services)
        assert up.returncode == 0, up.stderr + compose("ps", "-a").stdout
        port = compose("port", "gateway", "4080").stdout.strip()
        no_idle = httpx.Limits(max_keepalive_connections=0)  # a test's sockets end with it
        with httpx.Client(base_url=f"http://{port}", auth=("observer", PASSWORD), timeout=60, limits=no_idle) as client:
            yield Up(agent, services, compose, client)
    finally:
        down = compose("down", "--volumes", "--timeout", "5")
        left = _docker("ps", "-aq", "--filter", f"label=com.docker.compose.project=conformance-{os.getpid()}-{agent}")
    assert down.returncode == 0, down.stderr
    assert left.stdout == ""


def needs_logs(stack: Up) -> None:
    missing = WITHOUT & {"loki", stack.agent}
    if missing:
        pytest.skip("; ".join(map(why_absent, sorted(missing))))


def states(stack: Up) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stack.compose("ps", "--format", "json").stdout.splitlines()]


def test_every_service_is_healthy(stack: Up) -> None:
    assert {state["Service"]: state["Health"] for state in states(stack)} == dict.fromkeys(stack.services, "healthy")


def test_there_is_exactly_one_log_agent(stack: Up) -> None:
    agents = set(stack.compose("config", "--services").stdout.split()) & set(AGENTS)
    assert agents == {stack.agent}


def test_only_the_gateway_is_published_beyond_loopback(stack: Up) -> None:
    published = {
        state["Service"]: {port["URL"] for port in state["Publishers"] if port["PublishedPort"]}
        for state in states(stack)
    }
    # The test itself keeps the gateway on loopback.
    assert {name: urls for name, urls in published.items() if urls} == {
        "gateway": {"127.0.0.1"},
        "prometheus": {"127.0.0.1"},
    }


def test_access_needs_the_password(stack: Up) -> None:
    url = str(stack.client.base_url)

    assert httpx.get(f"{url}/healthz").text == "ok\n"
    assert httpx.get(f"{url}/prometheus/").status_code == 401
    assert httpx.get(f"{url}/loki/api/v1/labels", auth=("observer", "admin")).status_code == 401


def test_every_target_is_up(stack: Up) -> None:
    def up() -> dict[str, str]:
        targets = stack.client.get("/prometheus/api/v1/targets", params={"state": "active"}).json()["data"]
        return {target["labels"]["job"]: target["health"] for target in targets["activeTargets"]}

    health = eventually(
        up,
        lambda found: all(found.get(name) == "up" for name in found if name not in WITHOUT),
        60,
        describe="targets up",
    )

    # Of these no metrics are scraped.
    assert set(health) - WITHOUT == set(stack.services) - {"redis", "gateway", "docker-proxy"}


def test_logs_of_containers_and_of_files_are_in_loki_with_their_labels(stack: Up) -> None:
    needs_logs(stack)

    def streams() -> dict[str, set[tuple[str, str]]]:
        found = stack.client.get("/loki/api/v1/series", params={"match[]": '{level="info"}'}).json()["data"]
        return {stream["service"]: {*stream.items()} for stream in found}

    seen = eventually(streams, lambda found: {"api-gateway", "docaiche-api"} <= set(found), 60, describe="log streams")

    assert ("system", "dante") in seen["api-gateway"]
    assert {("system", "docaiche"), ("instance", "main")} <= seen["docaiche-api"]
    assert all(
        {name for name, _ in labels} == {"system", "service", "instance", "environment", "level"}
        for labels in seen.values()
    )


def test_the_data_is_kept_when_containers_are_recreated(stack: Up) -> None:
    needs_logs(stack)

    def first_lines() -> list[str]:
        query = {"query": '{service="docaiche-api"}', "direction": "forward", "limit": "3"}
        found = stack.client.get("/loki/api/v1/query_range", params=query).raise_for_status().json()["data"]["result"]
        return [line for stream in found for _, line in stream["values"]]

    before = eventually(first_lines, bool, 60, describe="lines of docaiche-api")
    again = stack.compose("up", "-d", "--no-build", "--force-recreate", "--no-deps", "--wait", "loki", stack.agent)

    assert again.returncode == 0, again.stderr
    assert eventually(first_lines, bool, 60, describe="lines after the restart") == before
