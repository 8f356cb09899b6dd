"""Runs that judge a folder of a user's dashboards, or of files of alerting, and start nothing."""

import json
from pathlib import Path

import pytest

from tests.support.conformance_run import finished

CASES = Path(__file__).parents[1] / "data/cases"


@pytest.mark.parametrize(
    ("option", "folder", "rule", "file"),
    [
        (
            "--dashboards",
            "dashboards/d42-equals-on-several",
            "equals-only-single-values",
            "board.json#panels[0].targets",
        ),
        ("--alerts", "alerts/a09-value-in-a-label", "no-value-in-labels", "rules.yml"),
        ("--alerts", "alerts/m03-dead-mans-switch-eaten", "routes-reachable", "alertmanager.yml"),
    ],
)
def test_a_folder_is_judged_without_a_stack(option: str, folder: str, rule: str, file: str, tmp_path: Path) -> None:
    run = finished(tmp_path / "run", option, str(CASES / folder))
    assert run.code == 1
    assert file in run.output
    assert run.report["stack"]["components"] == []
    assert {verdict["area"] for verdict in run.report["verdicts"]} == {option.removeprefix("--")}
    assert [found["rule"].partition("/")[2] for found in run.report["verdicts"] if found["outcome"] == "fail"] == [rule]


def test_what_the_baseline_has_does_not_fail_the_run(tmp_path: Path) -> None:
    folder, baseline = CASES / "dashboards/d42-equals-on-several", tmp_path / "known.json"
    first = finished(tmp_path / "first", "--dashboards", str(folder))
    baseline.write_text(json.dumps(first.report), encoding="utf-8")
    run = finished(tmp_path / "run", "--dashboards", str(folder), "--fail-on=new", f"--baseline={baseline}", "-n2")
    assert run.code == run.report["gate"]["exit_code"] == 0
    assert " xfailed" in run.output
    assert run.report["gate"]["counts"]["fail"] == 1, "it is reported as the breach that it is"
    assert {finding["change"] for one in run.report["verdicts"] for finding in one["findings"]} == {"still"}
    assert first.code == 1


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    run = finished(tmp_path / "run", "--dashboards", str(tmp_path / "gone"))
    assert run.code == 4
    assert "there is no such folder" in run.output
