"""Dashboards judged from their files alone: each rule seen red on a broken copy."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.grafana import GrafanaFiles
from suites.core.area import StackFiles
from suites.core.discovery import rules
from suites.core.evidence import Evidence
from suites.core.rule import Level
from suites.core.verdict import Verdict, judge
from suites.dashboards.collect.files import grafana_files, read_static
from tests.dashboards.boards import FILES, STACK, TODAY, broken, dashboard, panel


def test_shipped_dashboards_keep_the_static_rules() -> None:
    found = read_static(StackFiles(STACK, TODAY))
    assert "services" in found
    assert {subject: broken(records) for subject, records in found.items()} == {subject: {} for subject in found}


def verdict_on(*expressions: str) -> Verdict:
    panels = [panel(at, f"P{at}", expr) for at, expr in enumerate(expressions, 1)]
    board = Dashboard.parse(json.dumps(dashboard("b", panels)))
    return judge(rules()["dashboards/queries-parse"], "", Evidence((board,), "static"))


def test_what_could_not_be_parsed_is_no_pass_and_hides_no_finding() -> None:
    assert verdict_on("up", "rate(a_total[5m])").outcome == "pass"
    unread = verdict_on("up", "rate(a_total[1m + 2m])", "rate(a_total[1m + 2m])")
    assert (unread.outcome, unread.applies) == ("not-evaluated", True)
    assert "query A of panel `P2` could not be parsed, nor 1 more of its queries: " in (unread.reason or "")
    failed = verdict_on("rate(a_total[1m + 2m])", "sum(up")
    assert [one.message for one in failed.findings] == ["query A of panel `P2`: unclosed left parenthesis"]


@pytest.mark.parametrize(
    ("change", "rule", "message"),
    [
        ({"title": ""}, "has-uid-and-title", "the dashboard has no `title`"),
        ({"panels": []}, "has-panels-with-queries", "no panel of the dashboard has a query"),
        (
            {"panels": [panel(1, "Up", "up", target={"datasource": {"uid": "gone"}})]},
            "datasource-references-resolve",
            "query A of panel `Up`: the datasource `gone` is not provisioned",
        ),
    ],
)
def test_a_broken_file_is_red(change: dict[str, Any], rule: str, message: str, files: Path, tmp_path: Path) -> None:
    copy = tmp_path / "stack"
    shutil.copytree(files, copy)
    (copy / "grafana" / "dashboards" / "red.json").write_text(json.dumps({**FILES["fine"], **change}), encoding="utf-8")
    for other in ("fine", "values"):
        (copy / "grafana" / "dashboards" / f"{other}.json").unlink()
    grafana, (subject, records) = read_static(StackFiles(copy, TODAY)).items()
    assert grafana[0] == "grafana"
    assert broken(records, Level.MUST) == {rule: [message]}
    assert subject == "fine"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "line 1: not JSON: "),
        ("[]", "expected an object, found list"),
        ('{"dashboard": {"uid": "a"}, "meta": {}}', "it is wrapped in `dashboard`"),
        ("[" * 100_000, "nested too deeply"),
        ('{"uid": "a"}\xff', "cannot be read"),
    ],
)
def test_a_file_that_is_no_dashboard_has_the_reason(text: str, problem: str, files: Path, tmp_path: Path) -> None:
    copy = tmp_path / "stack"
    shutil.copytree(files, copy)
    (copy / "grafana" / "dashboards" / "odd.json").write_bytes(text.encode("latin-1"))
    (odd,) = read_static(StackFiles(copy, TODAY))["odd"].values()
    assert isinstance(odd, list)
    assert problem in odd[0].problem


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.yml", "datasources: [{name: Other, type: loki}]", "the datasource `Other` has no `uid`"),
        ("x.yaml", "datasources: {", "stack/grafana/provisioning/datasources/x.yaml: line 2: not YAML: "),
        ("x.yml", "[]", "stack/grafana/provisioning/datasources/x.yml: line 1: "),
    ],
)
def test_a_broken_provisioning_file_is_red(name: str, text: str, message: str, files: Path, tmp_path: Path) -> None:
    copy = tmp_path / "stack"
    shutil.copytree(files, copy)
    assert broken({GrafanaFiles: grafana_files(copy)}) == {}
    (copy / "grafana" / "provisioning" / "datasources" / name).write_text(text, encoding="utf-8")
    ((rule, messages),) = broken({GrafanaFiles: grafana_files(copy)}).items()
    assert rule == "grafana-provisioned"
    assert messages[0].startswith(message)


def test_a_stack_without_dashboards_is_red(files: Path, tmp_path: Path) -> None:
    copy = tmp_path / "stack"
    shutil.copytree(files, copy)
    shutil.rmtree(copy / "grafana" / "dashboards")
    assert broken({GrafanaFiles: grafana_files(copy)}) == {"grafana-provisioned": ["no dashboard is provisioned"]}


def test_two_files_with_one_uid_are_reported(files: Path, tmp_path: Path) -> None:
    copy = tmp_path / "stack"
    shutil.copytree(files, copy)
    folder = copy / "grafana" / "dashboards"
    shutil.copy2(folder / "fine.json", folder / "more.json")
    found = broken(read_static(StackFiles(copy, TODAY))["fine"], Level.MUST)
    assert found == {
        "has-uid-and-title": [
            "the uid `fine` is also that of stack/grafana/dashboards/more.json",
            "the uid `fine` is also that of stack/grafana/dashboards/fine.json",
        ]
    }
