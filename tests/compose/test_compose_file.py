"""The compose file agrees with the component table, the example environment and the mounted files."""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from fixtures.catalog import load
from stack.components import AGENTS, COMPONENTS
from stack.records.config.compose import parse_compose
from stack.text.interpolation import expand, variables
from stack.text.plain_yaml import plain_yaml

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

    # The project's name is for `-p`, which tells it to compose.
    assert named - {"COMPOSE_FILE", "COMPOSE_PROFILES"} == set(VARIABLES) - {"COMPOSE_PROJECT_NAME"}


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

    assert used == set(plain_yaml(TEXT)["volumes"])


def test_the_docker_api_is_in_networks_of_those_who_need_it() -> None:
    networks = {name: set(body["networks"]) for name, body in plain_yaml(TEXT)["services"].items()}

    reading = {name for name, has in networks.items() if "docker-reading" in has}
    acting = {name for name, has in networks.items() if "docker-actions" in has}
    assert reading == {"docker-proxy", *AGENTS}
    assert acting == {"docker-proxy-actions", "console"}
    assert {name for name, has in networks.items() if "monitoring" not in has} == {
        "docker-proxy",
        "docker-proxy-actions",
    }
    assert set().union(*networks.values()) == {"monitoring", "docker-reading", "docker-actions"}


def test_only_the_proxies_have_the_socket_and_only_one_may_act() -> None:
    mounted = {name for name, each in SERVICES.items() if any("docker.sock" in mount.source for mount in each.mounts)}
    allowed = {name: dict(SERVICES[name].raw_environment)["DOCKER_PROXY_ACTIONS"] for name in mounted}

    assert allowed == {"docker-proxy": "no", "docker-proxy-actions": "yes"}
    assert {each.raw_image for name, each in SERVICES.items() if name in mounted} == {
        SERVICES["docker-proxy"].raw_image
    }


def test_with_the_console_grafana_believes_the_address_that_the_gateway_has() -> None:
    # `!reset` is compose's own.
    text = (STACK / "docker-compose.console.yml").read_text(encoding="utf-8").replace("!reset ", "")
    services, network = (plain_yaml(text)[key] for key in ("services", "networks"))
    gateway = expand(services["gateway"]["networks"]["sign-in"]["ipv4_address"], {})

    assert services["grafana"]["environment"]["GF_AUTH_PROXY_ENABLED"] == "true"
    assert expand(services["grafana"]["environment"]["GF_AUTH_PROXY_WHITELIST"], {}) == gateway
    assert expand(services["console"]["environment"]["CONSOLE_TRUSTED_PROXIES"], {}) == f"{gateway}/32"
    (pool,) = network["sign-in"]["ipam"]["config"]
    given_out = ip_network(expand(pool["ip_range"], {}))
    assert given_out.subnet_of(ip_network(expand(pool["subnet"], {})))  # type: ignore[arg-type]  # both are IPv4
    assert ip_address(gateway) in ip_network(expand(pool["subnet"], {}))
    assert ip_address(gateway) not in given_out, "another that starts first would have it"
    assert [name for name, body in services.items() if "sign-in" in body.get("networks", {})] == [
        "console",
        "gateway",
        "grafana",
    ]
    assert services["gateway"]["environment"]["GATEWAY_ACCESS"] == "console"


def test_without_the_console_grafana_and_gateway_keep_their_own_sign_in() -> None:
    assert not [name for name, _ in SERVICES["grafana"].raw_environment if name.startswith("GF_AUTH_PROXY")]
    assert dict(SERVICES["gateway"].raw_environment)["GATEWAY_ACCESS"] == "password"
    assert plain_yaml(TEXT)["services"]["console"]["profiles"] == ["console"]


def test_the_reference_services_are_those_of_the_catalog() -> None:
    catalog = load(STACK.parent / "fixtures" / "services")
    expected = {
        service.name: service.start.containers.build.resolve()
        for service in catalog.services
        if service.start.containers and service.start.containers.build
    }
    built = {
        name: (STACK / body["build"]).resolve()
        for name, body in plain_yaml(TEXT)["services"].items()
        if "build" in body and name != "console"  # a component
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
