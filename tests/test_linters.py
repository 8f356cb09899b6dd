"""The table of other linters' rules: each is one of ours, or has a reason why it is none."""

from pathlib import Path

from stack.text.plain_yaml import plain_yaml
from suites.core.discovery import rules
from tests.support.cases import each_of

LINTERS = plain_yaml((Path(__file__).parents[1] / "schemas/linters.yaml").read_text(encoding="utf-8"))
ROWS = {f"{tool} {name}": row for tool, listed in LINTERS.items() for name, row in listed.items()}


def test_all_rules_of_each_linter_are_in_the_table() -> None:
    counts = {"dashboard-linter": 17, "gcx": 2, "mixtool": 10, "pint": 36}
    assert {tool: len(listed) for tool, listed in LINTERS.items()} == counts


@each_of(ROWS)
def test_a_rule_is_ours_or_has_a_reason(row: dict[str, list[str]]) -> None:
    assert list(row) in (["ours"], ["why_not"])
    assert [rule for rule in row.get("ours", ()) if rule not in rules()] == []
