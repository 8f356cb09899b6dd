"""The shipped alert rules: each has a page in the runbooks, and the servers' own tools accept all of them."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stack.records.alerts.rules import AlertRule
from stack.text.plain_yaml import plain_yaml
from suites.core.discovery import rules
from suites.core.evidence import Evidence
from suites.core.rule import NotApplicable
from suites.core.verdict import judge
from tests.support.real_servers import need

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted([*(ROOT / "stack/prometheus/rules").glob("*.yml"), *(ROOT / "stack/loki/rules").glob("*/*.yml")])
PAGES = ROOT / "docs/runbooks"
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def alerts() -> list[Any]:
    groups = [group for path in RULES for group in plain_yaml(path.read_text(encoding="utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def test_every_alert_links_to_its_runbook_which_has_every_section() -> None:
    for alert in alerts():
        page = ROOT / alert["annotations"]["runbook_url"]
        assert page == PAGES / f"{alert['alert']}.md"
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {alert['alert']}\n"), page
        parts = re.split(r"^## (\w+)$", text, flags=re.MULTILINE)
        assert parts[1::2] == SECTIONS, page
        assert all(part.strip() for part in parts[2::2]), page


def test_every_runbook_has_an_alert() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted(alert["alert"] for alert in alerts())


@pytest.mark.native
@pytest.mark.parametrize("extra", ["deployed/scrape.d", "consul", "probes"])
def test_promtool_accepts_configuration_and_rules(tmp_path: Path, extra: str) -> None:
    (promtool,) = need("promtool")
    source = ROOT / "stack/prometheus"
    for name in ("prometheus.yml", "rules", "deployed/targets", "deployed/alertmanagers", extra):
        target = tmp_path / ("scrape.d" if name == extra else Path(name).name)
        (shutil.copytree if (source / name).is_dir() else shutil.copy)(source / name, target)

    done = subprocess.run(
        [promtool.path, "check", "config", "--lint=all", "--lint-fatal", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr


@pytest.mark.native
def test_promtool_runs_the_tests_of_rules() -> None:
    (promtool,) = need("promtool")
    tests = sorted((ROOT / "stack/prometheus/tests").glob("*.yml"))
    done = subprocess.run(
        [promtool.path, "test", "rules", *tests], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("expression", "outcome"), [("redis_up smoothed", "not-evaluated"), ("redis_up ==", "fail"), ("up == 0", "pass")]
)
def test_an_expression_that_is_not_understood_is_no_pass_beside_others(expression: str, outcome: str) -> None:
    records = tuple(AlertRule.parse(f"{{alert: A, expr: '{text}'}}") for text in ("up == 0", expression))
    verdict = judge(rules()["alerts/expressions-parse"], "prometheus", Evidence(records, "static"))
    assert verdict.outcome == outcome


@pytest.mark.parametrize("severity", ["warning", "'{{ $labels.level }}'"])
def test_an_owner_that_the_series_may_have_is_neither_found_missing_nor_passed(severity: str) -> None:
    rule = rules()["alerts/alert-has-severity-and-owner"]
    with pytest.raises(NotApplicable, match="`owner` or `team` cannot be known from files"):
        list(rule.judge(AlertRule.parse(f"{{alert: A, expr: a > 1, labels: {{severity: {severity}}}}}")))
