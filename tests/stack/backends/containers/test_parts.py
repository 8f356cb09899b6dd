"""The parts of the containers backend that need no engine: files, ports, targets, images, the view of the socket."""

import json
from pathlib import Path

import pytest

from fixtures.catalog import load
from stack.backends.base import TargetGroup
from stack.backends.containers.compose import CONTAINER_PORTS, PUBLISHED, ContainerService, override, settings
from stack.backends.containers.engine import environment
from stack.backends.containers.images import Image, _origins, explain, images_of
from stack.backends.containers.stack import _tag
from stack.backends.containers.targets import read_deployed, write_discovery
from stack.clients.http import CA_VARIABLE
from stack.components import AGENTS, COMPONENTS
from stack.records.config.compose import parse_compose
from suites.collect.runners.base import RunnerPlan
from suites.collect.runners.containers import ContainersRunner

ROOT = Path(__file__).parents[4]
STACK = ROOT / "stack"
NAMES = (*CONTAINER_PORTS, *PUBLISHED)
PORTS = {name: 40000 + number for number, name in enumerate((*NAMES, "shop"))}
ADMIN = ("admin", "secret of console")
PASSWORDS = {name: (name, f"secret of {name}") for name in ("grafana", "gateway", "redis")}


def shipped() -> set[str]:
    return {service.name for service in parse_compose((STACK / "docker-compose.yml").read_text(encoding="utf-8"))}


# --- the second compose file, and the variables of the first -------------------------------------------------------


def test_every_component_has_a_port_on_loopback_by_file_or_by_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CA_VARIABLE, raising=False)
    text = override(STACK, PORTS, (), shipped(), ADMIN)

    ports = {name: part["ports"] for name, part in json.loads(text)["services"].items()}
    assert ports == {name: [f"127.0.0.1:{PORTS[name]}:{COMPONENTS[name].port}"] for name in CONTAINER_PORTS}
    assert set(NAMES) == shipped() & COMPONENTS.keys()


def test_certificates_to_trust_reach_prometheus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CA_VARIABLE, "/somewhere/ca.pem")
    part = json.loads(override(STACK, PORTS, (), shipped(), ADMIN))["services"]["prometheus"]
    assert part["volumes"][0]["source"] == "/somewhere/ca.pem"
    assert part["environment"] == {CA_VARIABLE: part["volumes"][0]["target"]}


def test_the_variables_are_those_that_the_compose_file_names() -> None:
    known = (STACK / ".env.example").read_text(encoding="utf-8")

    for name in settings(PORTS, PASSWORDS, {"SERVICE_LOGS": "/a", "DOCAICHE_LOGS": "/b", "DOCKER_SOCKET": "/c"}):
        assert f"{name}=" in known, f"{name} is not in .env.example"


def test_nothing_is_published_beyond_loopback() -> None:
    assert settings(PORTS, PASSWORDS, {})["GATEWAY_PORT"] == f"127.0.0.1:{PORTS['gateway']}"


def test_a_service_of_the_compose_file_gets_its_port_and_environment_and_nothing_else() -> None:
    service = ContainerService("api-gateway", 8080, build=Path("/x"), env={"A": "b"}, labels={"l": "m"})
    part = json.loads(override(STACK, {**PORTS, "api-gateway": 1}, [service], shipped(), ADMIN))["services"][
        "api-gateway"
    ]

    assert part == {"ports": ["127.0.0.1:1:8080"], "environment": {"A": "b"}}


def test_a_service_that_the_compose_file_does_not_know_is_added_whole() -> None:
    service = ContainerService(
        "shop",
        80,
        image="shop:1",
        command=("serve", "$HOME"),
        mounts={"/var/log/shop": Path("/here")},
        labels={"a": "b"},
    )
    text = override(STACK, PORTS, [service], shipped(), ADMIN)

    assert json.loads(text)["services"]["shop"] == {
        "ports": [f"127.0.0.1:{PORTS['shop']}:80"],
        "environment": {},
        "image": "shop:1",
        "command": ["serve", "$$HOME"],
        "networks": ["monitoring"],
        "labels": {"a": "b"},
        "volumes": [{"type": "bind", "source": "/here", "target": "/var/log/shop"}],
    }


def test_the_address_of_the_people_on_call_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "alertmanager" / "secrets").mkdir(parents=True)

    part = json.loads(override(tmp_path, PORTS, (), set(), ADMIN))["services"]["alertmanager"]

    assert part["tmpfs"] == ["/etc/alertmanager/secrets"]


def test_compose_is_not_led_elsewhere_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSE_FILE", "other.yml")
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "production")
    monkeypatch.setenv("GATEWAY_PORT", "80")
    monkeypatch.setenv("LOKI_IMAGE", "mirror/loki:1")

    found = environment({"GATEWAY_PORT": "127.0.0.1:1"})

    assert "COMPOSE_FILE" not in found
    assert "COMPOSE_PROJECT_NAME" not in found
    assert (found["GATEWAY_PORT"], found["LOKI_IMAGE"]) == ("127.0.0.1:1", "mirror/loki:1")


# --- targets -------------------------------------------------------------------------------------------------------


def labels(service: str, system: str = "monitoring") -> dict[str, str]:
    """What the agent gives the lines of the same container."""
    return {"system": system, "service": service, "instance": f"{service}-1"}


def test_deployed_targets_are_taken_as_they_stand_and_only_of_what_is_started() -> None:
    deployed = read_deployed(STACK, {"grafana", "storage"})

    assert deployed == {
        "grafana": [
            TargetGroup(
                ("grafana:3000",),
                {**labels("grafana"), "__metrics_path__": "/grafana/metrics"},
            )
        ],
        "storage": [TargetGroup(("storage:8080",), labels("storage", "dante"))],
    }


@pytest.mark.parametrize("agent", AGENTS)
def test_the_agent_that_is_started_is_scraped_and_no_other(agent: str) -> None:
    target = f"{agent}:{COMPONENTS[agent].port}"
    assert read_deployed(STACK, {agent}) == {agent: [TargetGroup((target,), labels(agent))]}


def test_what_is_deployed_goes_before_what_a_run_adds(tmp_path: Path) -> None:
    extra = {"storage": [TargetGroup(("wrong:1",))], "shop": [TargetGroup(("shop:80",), {"system": "web"})]}
    write_discovery(STACK, tmp_path, ["storage", "alertmanager"], extra)

    written = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "targets").glob("*.json")}
    assert {job: group["targets"] for job, [group] in written.items()} == {
        "storage": ["storage:8080"],
        "alertmanager": ["alertmanager:9093"],
        "shop": ["shop:80"],
    }
    assert written["shop"][0]["labels"]["__scrape_interval__"].endswith("s")
    assert (tmp_path / "alertmanagers" / "alertmanager.json").is_file()
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "targets").iterdir()} == {0o644}


@pytest.mark.parametrize("text", ["{", '{"targets": []}', '[{"targets": [1]}]', "[[]]"])
def test_a_deployed_file_of_another_shape_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "target.json").write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"target\.json: not a target file: a list of objects"):
        read_deployed(tmp_path, {"x"})


# --- images --------------------------------------------------------------------------------------------------------


def test_images_are_known_with_the_variable_that_replaces_them() -> None:
    config = {
        "name": "p",
        "services": {"loki": {"image": "a/loki:1"}, "own": {"build": {"context": "/src"}}},
    }

    assert images_of(config, {"loki": "${LOKI_IMAGE:-a/loki:1}"}, ["loki", "own"]) == [
        Image("loki", "a/loki:1", "LOKI_IMAGE"),
        Image("own", "p-own", "", Path("/src")),
    ]


def test_all_images_that_cannot_be_had_are_told_at_once() -> None:
    images = [Image("loki", "a/loki:1", "LOKI_IMAGE"), Image("redis", "redis:8", "REDIS_IMAGE"), Image("x", "x:1")]

    told = explain(images, {"loki": "a/loki:1 is not here", "redis": "redis:8 is not here"})

    assert "  loki: a/loki:1 is not here\n  redis: redis:8 is not here\n" in told
    assert "name other images by LOKI_IMAGE, REDIS_IMAGE, build stand-ins" in told


def test_what_is_built_needs_the_images_that_its_dockerfile_begins_with(tmp_path: Path) -> None:
    text = (
        "FROM --platform=linux/amd64 golang:1.25 AS build\nRUN x\nFROM scratch\nCOPY --from=build /a /a\nfrom build\n"
    )
    (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")

    assert _origins(Image("own", "own:1", "", tmp_path)) == ["golang:1.25"]


@pytest.mark.parametrize(
    ("reference", "version"),
    [
        ("prom/prometheus:v3.13.5", "3.13.5"),
        ("registry:5000/loki", None),
        ("registry:5000/loki:3.6.15@sha256:abc", "3.6.15"),
        ("redis@sha256:abc", None),
    ],
)
def test_the_version_of_an_image_is_its_tag(reference: str, version: str | None) -> None:
    assert _tag(reference) == version


# --- services of the catalog ---------------------------------------------------------------------------------------


def test_services_are_prepared_as_their_catalog_entries_say(tmp_path: Path) -> None:
    runner = ContainersRunner(RunnerPlan(tmp_path, ROOT / "stack", (), pytest.fail))
    services = {service.name: service for service in load(ROOT / "fixtures" / "services").services}
    live = {name: runner.prepare(service) for name, service in services.items()}

    assert runner.address(live["storage"]) == "storage:8080"
    assert runner.address(live["prometheus"]) is None  # it is among the deployed components
    assert live["docaiche-api"].log_files == (tmp_path / "stack" / "docaiche-logs" / "docaiche-api.log",)
    assert live["docaiche-api"].instance == "main"
    assert not live["storage"].log_files[0].is_relative_to(tmp_path / "logs"), "the agent would read its output twice"
