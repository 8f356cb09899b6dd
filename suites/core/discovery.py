"""Finds the rules: every file in `suites/*/rules/` is one, and its path is its id."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

from suites.core.rule import BadRuleError, Rule

SUITES = Path(__file__).resolve().parents[1]


@cache
def rules() -> dict[str, Rule]:
    """All rules by id, sorted by id.

    Raises `BadRuleError` naming the file for one that does not import or holds no rule.
    """
    found = {}
    for path in sorted(SUITES.glob("*/rules/*.py")):
        if path.stem == "__init__":
            continue
        found_rule = load(path)
        found[found_rule.id] = found_rule
    return found


def load(path: Path) -> Rule:
    """Load the one rule of the file at `path` (below `suites/`)."""
    name = ".".join(("suites", *path.relative_to(SUITES).with_suffix("").parts))
    try:
        module = importlib.import_module(name)
    except Exception as broken:
        raise BadRuleError(f"{path}: does not import: {type(broken).__name__}: {broken}") from broken
    check = getattr(module, "check", None)
    if not isinstance(check, Rule):
        raise BadRuleError(f"{path}: a rule file holds one function `check` decorated with `@rule(...)`")
    return check


def in_area(area: str) -> list[Rule]:
    """The rules of one suite, such as `metrics`."""
    return [found for found in rules().values() if found.area == area]
