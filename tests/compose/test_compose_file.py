"""The compose file agrees with the component table, the example environment and the mounted files."""

import re
from pathlib import Path

import pytest
import yaml

from fixtures.catalog import load
from stack.components import COMPONENTS
from stack.records.config.compose import parse_compose
from stack.text.interpolation import expand, variables

STACK = Path(__file__).resolve().parents[2] / "stack"
TEXT = (STACK / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES = {service.name: service for service in parse_compose(TEXT)}
OTHERS = [path.read_text(encoding="utf-8") for path in STACK.glob("docker-compose.*.yml")]
CODE = "\n".join(line for text in (TEXT, *OTHERS) for line in text.splitlines() if not line.lstrip().startswith("#"))
VARIABLES = {variable.name: variable for variable in variables(CODE)}
EXAMPLE = (STACK / ".env.example").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_component_has_the_image_of_the_table(name: str) -> None:
    assert SERVICES[name].image == COMPONENTS[name].image_reference


def test_the_example_environment_names_every_variable_and_no_other() -> None:
    named = set(re.findall(r"^#?([A-Z][A-Z0-9_]*)=", EXAMPLE, re.MULTILINE))

    assert named - {"COMPOSE_FILE", "COMPOSE_PROFILES"} == set(VARIABLES)


def test_the_example_environment_has_the_defaults() -> None:
    values = dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", EXAMPLE, re.MULTILINE))
    images = {name: value for name, value in values.items() if name.endswith(("_IMAGE", "_MEMORY"))}

    assert images == {name: VARIABLES[name].default for name in images}


def test_the_stack_refuses_to_start_without_its_three_passwords() -> None:
    required = {name for name, variable in VARIABLES.items() if variable.required}

    assert required == {"GRAFANA_ADMIN_PASSWORD", "GATEWAY_PASSWORD", "REDIS_PASSWORD"}
    assert required == set(re.findall(r"^([A-Z_]+)=$", EXAMPLE, re.MULTILINE))


def test_mounted_files_exist() -> None:
    sources = {mount.source for service in SERVICES.values() for mount in service.mounts if mount.source[:2] == "./"}
    sources |= {found for text in OTHERS for found in re.findall(r"- (\./[^:]+):", text)}

    assert sources
    assert [source for source in sources if not (STACK / source).exists()] == []


def test_every_named_volume_is_declared_and_used() -> None:
    used = {mount.source for service in SERVICES.values() for mount in service.mounts if mount.kind == "volume"}

    assert used == set(yaml.safe_load(TEXT)["volumes"])


def test_every_service_is_on_the_one_network() -> None:
    networks = {name: body["networks"] for name, body in yaml.safe_load(TEXT)["services"].items()}

    assert {tuple(value) for value in networks.values()} == {("monitoring",)}


def test_the_reference_services_are_those_of_the_catalog() -> None:
    catalog = load(STACK.parent / "fixtures" / "services")
    expected = {
        service.name: service.start.containers.build.resolve()
        for service in catalog.services
        if service.start.containers and service.start.containers.build
    }
    built = {
        name: (STACK / body["build"]).resolve()
        for name, body in yaml.safe_load(TEXT)["services"].items()
        if "build" in body
    }

    assert expected
    assert built == expected


@pytest.mark.parametrize(
    ("text", "environment", "expanded"),
    [
        ("${A:-x}", {}, "x"),
        ("${A:-x}", {"A": ""}, "x"),
        ("${A-x}", {"A": ""}, ""),
        ("${A:-x}", {"A": "y"}, "y"),
        ("${A:-${B:-z}}/t", {}, "z/t"),
        ("${A:-${B:-z}}", {"B": "b"}, "b"),
        ("${A:+set}${B:+set}", {"A": "1"}, "set"),
        ("$A and ${A} and $$A", {"A": "1"}, "1 and 1 and $A"),
        ("${A:?say so}", {"A": "1"}, "1"),
        ("${A:-http://x:1}", {}, "http://x:1"),
        ("${open", {}, "${open"),
        ("5$ and $1", {}, "5$ and $1"),
    ],
)
def test_variables_are_expanded_as_compose_does(text: str, environment: dict[str, str], expanded: str) -> None:
    assert expand(text, environment) == expanded
