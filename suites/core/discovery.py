"""Finds areas and rules: a folder with `rules/` and an `area.py` is an area, every file in `rules/` a rule."""

import importlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from suites.core.area import Area
from suites.core.rule import BadRuleError, Rule

SUITES = Path(__file__).resolve().parents[1]
RENAMED = SUITES.parent / "schemas" / "renamed-rules.json"


@cache
def areas() -> Mapping[str, Area]:
    """All areas by name, sorted by name; raises TypeError for an `area.py` without an `AREA` of its folder's name."""
    found = {}
    for path in sorted(folder.parent / "area.py" for folder in SUITES.glob("*/rules")):
        name = path.parent.name
        area = getattr(importlib.import_module(f"suites.{name}.area"), "AREA", None)
        if not isinstance(area, Area) or area.name != name:
            raise TypeError(f"{path}: an area file holds `AREA = Area({name!r}, …)`")
        found[name] = area
    return found


@cache
def rules() -> dict[str, Rule]:
    """All rules by id, sorted by id.

    Raises `BadRuleError` naming the file for one that does not import or holds no rule.
    """
    paths = sorted(path for path in SUITES.glob("*/rules/*.py") if path.stem != "__init__")
    return {found.id: found for found in map(load, paths)}


@cache
def renamed() -> Mapping[str, str]:
    """The new id of every rule that had another one."""
    return dict(json.loads(RENAMED.read_text(encoding="utf-8")))


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
    """The rules of one area, such as `metrics`."""
    return [found for found in rules().values() if found.area == area]
