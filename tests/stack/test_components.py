"""The component table agrees with go.mod and with the compose file, and finds programs where they are."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from stack.component_info import ComponentInfo
from stack.components import BUILDS, COMPONENTS, TOOLS
from stack.servers import find
from stack.servers.find import PLATFORM, find_binary, found_in, why_absent
from stack.servers.pins import build_dir, module_dir
from stack.text.plain_yaml import plain_yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "stack" / "docker-compose.yml"


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing built; its PATH is the returned folder alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(find.SERVERS_VARIABLE, raising=False)
    monkeypatch.setattr(find, "EXTRA_FOLDERS", ())
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    return programs


def script(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def default_of(image: str) -> str:
    """The image that `${LOKI_IMAGE:-grafana/loki:3.6.15}` is where the variable is not set."""
    return re.sub(r"^\$\{\w+:-(.+)\}$", r"\1", image)


@pytest.mark.parametrize("name", BUILDS)
def test_go_mod_pins_the_version_of_the_table(name: str) -> None:
    build = BUILDS[name]
    go_mod = (module_dir(build) / "go.mod").read_text(encoding="utf-8")
    assert re.search(rf"^\s*(?:require )?{re.escape(build.module)} {re.escape(build.module_version)}\b", go_mod, re.M)
    assert re.search(rf"^\s*(?:tool )?{re.escape(build.package)}$", go_mod, re.M), f"no tool directive for {name}"


@pytest.mark.parametrize("info", [info for info in COMPONENTS.values() if info.build], ids=lambda info: info.name)
def test_image_and_build_are_one_version(info: ComponentInfo) -> None:
    assert info.build is not None
    assert info.tag.removeprefix("v") == info.build.version


@pytest.mark.skipif(not COMPOSE.exists(), reason="stack/docker-compose.yml is not written yet")
def test_compose_file_runs_the_images_of_the_table() -> None:
    table = {info.image: info.image_reference for info in COMPONENTS.values() if info.image}
    services = plain_yaml(COMPOSE.read_text(encoding="utf-8"))["services"]
    used = [default_of(service["image"]) for service in services.values() if "image" in service]
    of_table = [image for image in used if image.rpartition(":")[0] in table]
    assert of_table, "the compose file uses no image of the table"
    assert [image for image in of_table if image not in table.values()] == []


def test_the_documentation_names_every_version() -> None:
    page = (ROOT / "docs" / "real-servers.md").read_text(encoding="utf-8")
    numbers = {name: info.tag.removeprefix("v").partition("-")[0] for name, info in COMPONENTS.items()}
    assert {name: version for name, version in numbers.items() if f"| {version} |" not in page} == {}


def test_prometheus_module_version_is_derived() -> None:
    assert BUILDS["prometheus"].module_version == "v0.313.5"


def test_nothing_is_found_on_an_empty_machine(empty_machine: Path) -> None:
    assert empty_machine.is_dir()
    assert find_binary("loki") is None
    assert why_absent("loki") == (
        "`loki` is not found; put it on PATH or name its folder with --servers DIR (docs/real-servers.md says where to "
        "get it), or start a container engine"
    )
    assert why_absent("promtool") == "`promtool` is not found; run `make servers`"
    assert why_absent("redis").startswith("`redis-server` is not found; install it")
    assert find_binary("chromium") is None


def test_the_cache_comes_before_path(empty_machine: Path) -> None:
    script(empty_machine / "prometheus", "prometheus, version 2.9.1 (branch: HEAD)")
    on_path = find_binary("prometheus")
    assert on_path is not None
    assert (on_path.version, on_path.source, on_path.provenance) == ("2.9.1", "PATH", "native")
    built = script(build_dir(BUILDS["prometheus"]) / "prometheus", "unused")
    cached = find_binary("prometheus")
    assert cached is not None
    assert (cached.path, cached.version, cached.source) == (built, "3.13.5", "make servers, without its web interface")


@pytest.mark.parametrize(
    ("name", "path", "says"),
    [
        ("loki", "loki", "loki, version 3.6.15"),
        ("loki", f"loki-{PLATFORM}", "loki, version 3.6.15"),
        ("promtail", f"unpacked/promtail-{PLATFORM}", "promtail, version 3.6.15"),
        ("prometheus", f"prometheus-3.13.5.{PLATFORM}/prometheus", "prometheus, version 3.13.5"),
        ("grafana", "grafana-13.1.1/bin/grafana", "grafana version 13.1.1"),
    ],
)
def test_the_folder_of_servers_comes_first(
    empty_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, path: str, says: str
) -> None:
    script(empty_machine / Path(path).name, "version 0.0.1")
    given = script(tmp_path / "given" / path, says)
    monkeypatch.setenv(find.SERVERS_VARIABLE, str(tmp_path / "given"))
    found = find_binary(name)
    assert found is not None
    assert (found.path, found.version, found.source) == (given, says.rpartition(" ")[2], "--servers")
    assert found_in(tmp_path / "given") == [name]


def test_a_folder_of_servers_without_a_program_leaves_it_to_path(
    empty_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(empty_machine / "loki", "loki, version 3.6.15")
    monkeypatch.setenv(find.SERVERS_VARIABLE, str(tmp_path / "nowhere"))
    found = find_binary("loki")
    assert found is not None
    assert found.source == "PATH"


def test_nothing_under_the_agpl_is_a_module_of_ours() -> None:
    modules = [path for folder in (ROOT / "stack", ROOT / "fixtures") for path in folder.rglob("go.mod")]
    assert len(modules) > 1
    agpl = re.compile(r"^\s*(?:require )?github\.com/grafana/(?:loki|grafana|tempo|mimir|alloy)(?:/v\d+)? ", re.M)
    assert [path for path in modules if agpl.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("name", "program", "says", "version"),
    [
        ("node-exporter", "prometheus-node-exporter", "node_exporter, version 1.5.0 (branch: sid)", "1.5.0"),
        ("redis", "redis-server", "Redis server v=7.0.15 sha=00000000:0 bits=64", "7.0.15"),
        (
            "redis-exporter",
            "prometheus-redis-exporter",
            'time="2023-04-09T10:15:07Z" level=info msg="Redis Metrics Exporter 1.45.0-2+b4"',
            "1.45.0",
        ),
        ("chromium", "chromium", "Chromium 156.0.8078.79 built on Debian", "156.0.8078.79"),
        ("gateway", "nginx", "no version here", "unknown"),
    ],
)
def test_programs_of_a_distribution_are_found_by_their_names_there(
    empty_machine: Path, name: str, program: str, says: str, version: str
) -> None:
    script(empty_machine / program, says)
    found = find_binary(name)
    assert found is not None
    assert (found.path.name, found.version) == (program, version)


def test_servers_can_be_hidden(empty_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(empty_machine / "redis-server", "v=7.0.15")
    monkeypatch.setenv(find.SERVERS_VARIABLE, "none")
    assert find_binary("redis") is None
    assert "CONFORMANCE_SERVERS=none" in why_absent("redis")


def listed(path: Path) -> set[str]:
    """The components that one list, tuple, set or dictionary of a module names, where these are three or more."""
    text, found = path.read_text(encoding="utf-8"), set[str]()
    if sum(name in text for name in COMPONENTS) < 3:
        return found
    for node in ast.walk(ast.parse(text)):
        parts = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        names = {str(part.value) for part in parts if isinstance(part, ast.Constant)} & COMPONENTS.keys()
        found |= names if len(names) > 2 else set()
    return found


def test_no_other_module_lists_components() -> None:
    """One or two may be named where code is about them; a third makes a table of its own."""
    modules = [path for part in ("stack", "suites") for path in (ROOT / part).rglob("*.py")]
    tables = {str(path.relative_to(ROOT)): names for path in modules if (names := listed(path))}
    assert tables == {}, "give the component table in stack/components.py a column instead"


def test_a_list_of_components_would_be_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("PORTS = {'loki': 1, 'grafana': 2, 'redis': 3}\nPAIR = ('loki', 'grafana')\n", encoding="utf-8")
    assert listed(module) == {"loki", "grafana", "redis"}


@pytest.mark.parametrize("info", [info for info in COMPONENTS.values() if info.recipe], ids=lambda info: info.name)
def test_every_recipe_exists(info: ComponentInfo) -> None:
    module, _, function = info.recipe.partition(":")
    assert callable(getattr(import_module(module), function))


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        find_binary("zabbix")


def test_every_row_says_how_to_find_it() -> None:
    for info in (*COMPONENTS.values(), *TOOLS.values()):
        assert bool(info.binaries) != bool(info.module), info.name
    assert all(info.image and info.tag and info.port for info in COMPONENTS.values())
