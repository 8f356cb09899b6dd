"""Rules of a real Loki's ruler beside their files: those that are as written, and those that were changed since."""

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest

from stack.backends.base import StackPlan
from stack.backends.local.backend import LocalBackend
from stack.records.alerts.running import LoadedRules
from suites.alerts.collect.running import of_loki
from suites.core.inspected_stack import InspectedStack
from tests.support.real_servers import need

STACK = Path(__file__).parents[2] / "stack"
RULES = """\
groups:
  - name: own
    rules:
      - {alert: Errors, expr: 'sum by (service) (count_over_time({service=~".+"} |~ "(?i)err|fail" [5m])) > 0', for: 5m}
      - {alert: Slow, expr: 'quantile_over_time(0.9,{a="b"} | json | ms>=10 and ms < 1e3 | unwrap ms [1h]) by (a) > 2'}
      - {alert: Parsed, expr: 'sum(rate({a="b"} | regexp `(?P<x>\\d+)` | line_format "{{.x}}" [1m] offset 2m)) > 1'}
      - {record: 'a:lines:rate', expr: 'topk(3, sum by(a) (rate({a=~"b|c"} !~ "x" | logfmt | size > 20KB [5m])))'}
"""


@pytest.mark.native
def test_rules_of_loki_are_compared_with_their_files(tmp_path: Path) -> None:
    need("loki")
    folder = tmp_path / "stack"
    shutil.copytree(STACK / "loki", folder / "loki")
    shutil.copy2(STACK / "docker-compose.yml", folder)
    file = folder / "loki/rules/fake/own.yml"
    file.write_text(RULES, encoding="utf-8")

    async def loaded() -> LoadedRules:
        async with httpx.AsyncClient(trust_env=False) as http:
            found = await of_loki(InspectedStack(stack, http, folder, stack.health()))
        assert isinstance(found, list)
        return found[0]

    with LocalBackend().start(StackPlan(tmp_path / "run", folder, ("loki",))) as stack:
        before = asyncio.run(loaded())
        assert {"Errors", "Slow", "Parsed", "a:lines:rate"} <= {rule.name for rule in before.loaded}
        assert before.changed == ()
        # What is changed after the start is not what the server runs.
        file.write_text(RULES.replace("for: 5m", "for: 6m").replace("(0.9,", "(0.5,"), encoding="utf-8")
        changed = {name: difference for _, name, difference in asyncio.run(loaded()).changed}
    assert changed.keys() == {"Errors", "Slow"}
    assert changed["Errors"] == "its `for` is 300s, in the file 6m"
    assert changed["Slow"].startswith("its expression is `")
