"""The layers of the project: imports point one way, never in a circle, and rules reach nothing but their records."""

from __future__ import annotations

import pytest

from suites.core.discovery import areas
from tests.support.import_graph import imports, modules, ours, paths_from

ALLOWED = {
    "stack": {"stack"},
    "schemas": {"schemas"},
    "fixtures": {"fixtures", "schemas", "stack.text"},
    "reports": {"reports", "schemas", "stack.text"},
    "suites": {"suites", "stack", "fixtures", "schemas"},
}
"""What each package may import of this project."""

IMPURE = {
    "asyncio", "http", "httpx", "importlib", "multiprocessing", "os", "pathlib", "random", "requests", "shutil",
    "socket", "subprocess", "tempfile", "threading", "time", "urllib3", "websockets",
}  # fmt: skip  # a list of names
"""Modules by which a rule could reach a clock, a file, a process or a socket."""

CONSTANT = {"stack.text.schema_data": "it reads the data files in schemas/ by name, which are constants of the program"}
"""Modules that rules may reach although they read files, each with its reason."""

PURE = [name for name in modules() if name.split(".")[2:3] in (["rules"], ["helpers"])]


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_imports_only_what_is_below_it(package: str) -> None:
    wrong = {
        name: other
        for name in modules()
        if name.partition(".")[0] == package
        for other in ours(name)
        if not any(other == allowed or other.startswith(f"{allowed}.") for allowed in ALLOWED[package])
    }
    assert not wrong, f"`{package}` may import {sorted(ALLOWED[package])} of this project, nothing else"


def test_nothing_imports_in_a_circle() -> None:
    """Imports under `TYPE_CHECKING` and inside functions count: a circle that is hidden is one all the same."""
    done: set[str] = set()

    def follow(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, f"a circle: {' → '.join((*way[way.index(module) :], module))}"
        if module not in done:
            for following in ours(module):
                follow(following, (*way, module))
            done.add(module)

    for module in modules():
        follow(module, ())


def test_only_an_area_imports_what_is_its_own() -> None:
    """Areas do not import each other, and what all of them share names none of them."""
    wrong = {
        f"{name} → {other}"
        for name in modules()
        for other in ours(name)
        for area in areas()
        if other.startswith(f"suites.{area}.") and not name.startswith(f"suites.{area}.")
    }
    assert not wrong


def test_the_core_knows_nothing_of_a_run() -> None:
    wrong = {
        f"{name} → {other}"
        for name in modules()
        if name.startswith("suites.core.")
        for other in ours(name)
        if other.startswith(("suites.run.", "suites.collect."))
    }
    assert not wrong


@pytest.mark.parametrize("area", areas())
def test_no_file_of_the_core_names_an_area(area: str) -> None:
    """A name in quotes is what a special case would be made of."""
    shared = [path for name, path in modules().items() if name.startswith("suites.core.")]
    assert [path.name for path in shared if f'"{area}"' in path.read_text(encoding="utf-8")] == []


def test_rules_and_their_helpers_reach_no_file_process_or_socket() -> None:
    """A rule sees its record and nothing else, by whatever way one follows its imports."""
    wrong = {
        way[-1]: " → ".join((*way, *sorted(reached)))
        for name in PURE
        for way in paths_from(name)
        if way[-1] not in CONSTANT and (reached := imports(way[-1]) & IMPURE)
    }
    assert not wrong


def test_areas_use_of_a_run_only_the_outcome() -> None:
    """An area's test turns verdicts into outcomes; its rules and collectors know no pytest."""
    wrong = {
        f"{name} → {other}"
        for name in modules()
        if name.split(".")[1:2] and name.split(".")[1] in areas() and not name.split(".")[-1].startswith("test_")
        for other in ours(name)
        if other.startswith(("suites.run.", "suites.collect."))
    }
    assert not wrong
