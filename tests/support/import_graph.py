"""Which module of the project imports which, read from the code: also under `TYPE_CHECKING`, also inside functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("stack", "suites", "fixtures", "reports", "schemas")
SERVICES_UNDER_TEST = (ROOT / "fixtures" / "services", ROOT / "fixtures" / "broken")


@cache
def modules() -> Mapping[str, Path]:
    """The file of every module of the project, by its name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if not any(path.is_relative_to(folder) for folder in SERVICES_UNDER_TEST):
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                found[name.removesuffix(".__init__")] = path
    return found


@cache
def imports(module: str) -> frozenset[str]:
    """What a module imports: modules of the project by their names, all others by their top level's."""
    found = set()
    for node in ast.walk(ast.parse(modules()[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                inner if (inner := f"{node.module}.{alias.name}") in modules() else node.module for alias in node.names
            }
    return frozenset(name if name in modules() else name.partition(".")[0] for name in found) - {module}


def ours(module: str) -> frozenset[str]:
    """The modules of the project that a module imports."""
    return imports(module) & modules().keys()


def paths_from(module: str) -> Iterator[tuple[str, ...]]:
    """For each module that is reached from this one, the shortest way there, itself first."""
    seen = {module}
    ways: list[tuple[str, ...]] = [(module,)]
    for way in ways:
        yield way
        for following in sorted(ours(way[-1]) - seen):
            seen.add(following)
            ways.append((*way, following))
