"""The drawing in the design is law: imports point one way, and producers do not know their consumers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {
    "stack": {"stack"},
    "fixtures": {"fixtures", "schemas", "stack.text"},
    "reports": {"reports", "schemas", "stack.text"},
    "suites": {"suites", "stack", "fixtures", "schemas"},
}
OURS = {"stack", "suites", "fixtures", "reports", "schemas", "tests", "benchmarks", "conftest"}


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
    return {name for name in names if name.partition(".")[0] in OURS}


def forbidden(path: Path, package: str) -> list[str]:
    allowed = ALLOWED[package]
    return sorted(
        name for name in imported(path) if not any(name == one or name.startswith(f"{one}.") for one in allowed)
    )


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_only_what_stands_below_it(package: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): forbidden(path, package)
        for path in (ROOT / package).rglob("*.py")
        if "out" not in path.parts and forbidden(path, package)
    }
    assert not wrong, f"`{package}` may import {sorted(ALLOWED[package])} of this project, nothing else"


def test_a_rule_is_pure() -> None:
    """A rule sees its record and nothing else: no clock, no network, no process, no file."""
    worldly = {"time", "socket", "httpx", "subprocess", "os", "pathlib", "random", "asyncio", "requests"}
    wrong = {}
    for path in (ROOT / "suites").glob("*/rules/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
        }
        if names & worldly:
            wrong[str(path.relative_to(ROOT))] = sorted(names & worldly)
    assert not wrong
