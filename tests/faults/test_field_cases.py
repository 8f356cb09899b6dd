"""Every reported case has a rule, and a fault or a test that proves it."""

import ast
from pathlib import Path
from typing import Any

import pytest

from stack.text.plain_yaml import plain_yaml
from suites.core.discovery import rules
from tests.faults.table import SITES

ROOT = Path(__file__).parents[2]
CASES: list[dict[str, Any]] = plain_yaml((ROOT / "tests/data/field-cases.yaml").read_text(encoding="utf-8"))
FAULTS = {fault.name: fault for faults in SITES.values() for fault in faults}


def test_no_case_is_left_out() -> None:
    assert [case["case"] for case in CASES] == list(range(1, 16))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_a_case_is_proved_by_what_is_there(case: dict[str, Any]) -> None:
    assert case["rule"] in rules()
    assert case.get("faults") or case.get("tests")
    assert [FAULTS[name].rule for name in case.get("faults", ())] == [case["rule"]] * len(case.get("faults", ()))
    for test in case.get("tests", ()):
        file, _, function = test.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test
