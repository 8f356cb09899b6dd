"""Files of alerting, judged without anything that runs: cases from outside, wrong types, and stacks that are broken."""

import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack.records.alerts.labels import with_plain_matchers
from stack.records.alerts.rules import AlertRule
from stack.text.plain_yaml import plain_yaml
from suites.alerts.collect.files import read_folder, read_static
from suites.core.area import StackFiles, StaticRecords
from suites.core.discovery import in_area
from suites.core.evidence import Evidence, NotEvaluated
from suites.core.rule import Level
from suites.core.verdict import judge
from tests.support.damage import places, put
from tests.support.real_servers import need

ROOT = Path(__file__).parents[2]
STACK = ROOT / "stack"
CASES = ROOT / "tests/data/cases/alerts"
TODAY = date(2026, 11, 27)
Found = list[tuple[str, Level, str]]


def findings(static: StaticRecords) -> Found:
    """Rule, level and message of everything that is found; a rule that breaks fails the test."""
    found = []
    for subject, records in static.items():
        for rule in in_area("alerts"):
            listed = records.get(rule.record)
            if listed is None or isinstance(listed, NotEvaluated):
                continue
            verdict = judge(rule, subject, Evidence(tuple(listed), "static"))
            assert verdict.outcome != "error", f"{rule.id}: {verdict.reason}"
            found += [(rule.id.partition("/")[2], rule.level, finding.message) for finding in verdict.findings]
    return found


def musts(static: StaticRecords) -> list[tuple[str, str]]:
    return [(rule, message) for rule, level, message in findings(static) if level is Level.MUST]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped stack's files."""
    folder = tmp_path / "stack"
    for name in ("prometheus", "alertmanager", "loki"):
        shutil.copytree(STACK / name, folder / name)
    shutil.copy2(STACK / "docker-compose.yml", folder)
    return folder


PLACES = {"rules.yml": "prometheus/rules/case.yml", "alertmanager.yml": "alertmanager/alertmanager.yml"}


@pytest.mark.parametrize(
    "case", json.loads((CASES / "cases.json").read_text(encoding="utf-8")), ids=lambda case: str(case["case"])
)
@pytest.mark.parametrize("where", ["in the shipped stack", "alone"])
def test_cases_from_outside(case: dict[str, Any], where: str, copy: Path) -> None:
    found = findings(read_folder(CASES / case["case"]))
    if where != "alone":
        for name in case["files"]:
            inner = name.partition("/")[2]
            target = copy / PLACES.get(inner, f"loki/{inner}")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CASES / name, target)
        found = findings(read_static(StackFiles(copy, TODAY)))
    must = [(rule, message) for rule, level, message in found if level is Level.MUST]
    if case["right"] == "clean":
        assert must == []
        words = [f"{rule} {message}" for rule, _, message in found]
        assert not [text for text in words for pattern in case.get("must_not", ()) if re.search(pattern, text)]
    else:
        ((rule, message),) = must
        assert any(re.search(pattern, f"{rule} {message}") for pattern in case["keywords"])


def test_the_shipped_files_break_nothing() -> None:
    assert findings(read_static(StackFiles(STACK, TODAY))) == []


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, "the shipped file has changed: the copy is not broken any more"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def added(file: str, text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")

    return change


COMPOSE, ALERTMANAGER = "docker-compose.yml", "alertmanager/alertmanager.yml"
LOG_RULE = "groups: [{name: a, rules: [{alert: Burst, expr: 'sum(rate({system=~\".+\"}[5m])) > 5'}]}]"
WITHOUT_ADDRESS = replaced(COMPOSE, "      LOKI_ALERTMANAGER_URL: http://alertmanager:9093\n", "")


SUB_PATH = replaced(COMPOSE, "- --cluster.listen-address=", "- --web.external-url=http://localhost/alertmanager/")
TARGET = 'severity="warning"'
DISCOVERY = "    - file_sd_configs:\n        - files: [alertmanagers"


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("alertmanager-configuration-mounted", [replaced(COMPOSE, "alertmanager/alertmanager.yml", "alertmanager/a")]),
        ("alertmanager-configuration-mounted", [replaced(COMPOSE, ":/etc/alertmanager:ro", ":/etc/am:ro")]),
        ("alertmanager-path-prefix", [SUB_PATH]),
        (
            "receivers-not-on-loopback",
            [
                replaced(
                    ALERTMANAGER, "slack_configs:", "webhook_configs: [{url: 'http://[::1]:9/'}]\n    slack_configs:"
                )
            ],
        ),
        (
            "inhibitions-are-limited",
            [
                replaced(ALERTMANAGER, "    equal: [system, service, instance]\n", "    equal: []\n"),
                replaced(ALERTMANAGER, f"target_matchers: [{TARGET}]", "target_matchers: []"),
            ],
        ),
        (
            "inhibitions-compare-labels-that-exist",
            [
                replaced(ALERTMANAGER, "equal: [system, service, instance]", "equal: [cluster]"),
                replaced(ALERTMANAGER, '[alertname="TargetDown"]', '[alertname="LokiErrors"]'),
            ],
        ),
        (
            "matchers-spelt-as-alerts",
            [replaced(ALERTMANAGER, 'matchers: [severity="critical"]', "matchers: [severty=a]")],
        ),
        ("alertmanager-file-valid", [replaced(ALERTMANAGER, "  receiver: team", "  receiver: pager")]),
        ("ruler-has-alertmanager", [added("loki/rules/fake/a.yml", LOG_RULE), WITHOUT_ADDRESS]),
        ("ruler-files-are-read", [added("loki/rules/dante/a.yml", LOG_RULE)]),
        ("ruler-files-are-read", [added("loki/rules/a.yml", LOG_RULE)]),
        ("rule-files-valid", [added("prometheus/rules/a.yml", "groups: [")]),
        ("expressions-parse", [added("loki/rules/fake/a.yml", LOG_RULE.replace("[5m]", ""))]),
        ("rule-tests-name-alerts", [replaced("prometheus/tests/services.yml", "LatencyHigh, exp", "LatencyHi, exp")]),
        ("windows-hold-two-scrapes", [replaced("prometheus/prometheus.yml", "interval: 15s", "interval: 3m")]),
    ],
)
def test_a_stack_changed_for_the_worse_breaks_one_rule(
    rule: str, changes: list[Callable[[Path], None]], copy: Path
) -> None:
    for change in changes:
        change(copy)
    assert {name for name, _ in musts(read_static(StackFiles(copy, TODAY)))} == {rule}


def test_alertmanager_behind_a_sub_path_is_right_with_the_prefix(copy: Path) -> None:
    SUB_PATH(copy)
    with_prefix = DISCOVERY.replace("- file_sd_configs", "- path_prefix: /alertmanager\n      file_sd_configs")
    replaced("prometheus/prometheus.yml", DISCOVERY, with_prefix)(copy)
    replaced(COMPOSE, "http://alertmanager:9093", "http://alertmanager:9093/alertmanager")(copy)
    assert musts(read_static(StackFiles(copy, TODAY))) == []


def test_a_resource_of_the_operator_holds_a_rule_file(tmp_path: Path, copy: Path) -> None:
    resource = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": {"name": "a"}}
    rule = {"alert": "Down", "expr": "count(up) == 0"}
    spec = {"groups": [{"name": "a", "rules": [rule]}]}
    added("own/rules.yaml", yaml.safe_dump({**resource, "spec": spec}))(tmp_path)
    assert [name for name, _ in musts(read_folder(tmp_path / "own"))] == ["comparisons-possible"]
    shutil.copy2(tmp_path / "own/rules.yaml", copy / "prometheus/rules/operator.yml")
    found = {name for name, _ in musts(read_static(StackFiles(copy, TODAY)))}
    assert found == {"comparisons-possible", "rule-files-valid"}


def test_matchers_are_compared_as_alertmanager_shows_them() -> None:
    written = {"route": {"routes": [{"matchers": ['{alertname="A", severity=~none}', "b!=c"], "receiver": "{x}"}]}}
    shown = {"route": {"routes": [{"matchers": ['alertname="A"', 'b!="c"', 'severity=~"none"'], "receiver": "{x}"}]}}
    assert with_plain_matchers(written) == with_plain_matchers(shown) == shown
    other = {"route": {"routes": [{"matchers": ['alertname="B"']}]}}
    assert with_plain_matchers(other) != shown
    assert with_plain_matchers({"matchers": 7, "a": ["b"]}) == {"matchers": 7, "a": ["b"]}


FILES = [
    "prometheus/rules/services.yml",
    "prometheus/tests/services.yml",
    "alertmanager/alertmanager.yml",
    "loki/rules/fake/a.yml",
    "loki/loki-config.yaml",
    "prometheus/prometheus.yml",
]


@pytest.mark.parametrize("name", FILES)
def test_a_value_of_a_wrong_type_is_a_finding_at_worst(name: str, copy: Path) -> None:
    added("loki/rules/fake/a.yml", LOG_RULE)(copy)
    body = plain_yaml((copy / name).read_text(encoding="utf-8"))
    # The first of several alike shows what all of them do.
    paths = [path for path in places(body) if all(not isinstance(part, int) or part < 1 for part in path)]
    if name == "loki/loki-config.yaml":
        paths = [path for path in paths if not path or path[0] in ("auth_enabled", "common", "ruler")]
    for path in paths:
        for wrong in (7, "text", [1], {"a": 1}, None):
            (copy / name).write_text(yaml.safe_dump(put(body, path, wrong)), encoding="utf-8")
            findings(read_static(StackFiles(copy, TODAY)))
            if not name.startswith("prometheus/prometheus"):
                findings(read_folder((copy / name).parent))


@pytest.mark.parametrize(
    ("name", "path", "wrong", "message"),
    [
        (FILES[0], ("groups", 0, "rules"), {"a": 1}, "`groups[0].rules` is an object, not a list"),
        (FILES[0], ("groups", 0, "rules", 0, "labels"), ["a"], "`groups[0].rules[0].labels` is a list, not an object"),
        (FILES[1], ("tests", 0, "alert_rule_test"), "a", "`tests[0].alert_rule_test` is a text, not a list"),
        (FILES[2], ("route", "routes"), "a", "`route.routes` is a text, not a list"),
        (FILES[2], ("inhibit_rules",), {}, "`inhibit_rules` is an object, not a list"),
        (FILES[2], ("receivers", 0, "name"), [], "`receivers[0].name` is a list, not a text"),
    ],
)
def test_a_value_of_a_wrong_type_is_named(
    name: str, path: tuple[Any, ...], wrong: Any, message: str, copy: Path
) -> None:
    body = plain_yaml((copy / name).read_text(encoding="utf-8"))
    (copy / name).write_text(yaml.safe_dump(put(body, path, wrong)), encoding="utf-8")
    assert message in [found for _, found in musts(read_static(StackFiles(copy, TODAY)))]


@pytest.mark.native
def test_promql_that_is_not_known_here_is_asked_of_promtool(tmp_path: Path) -> None:
    need("promtool")
    exprs = ("rate(a[1m + 2m]) > 1", "rate(a[5m] smoothed) > 1", "rate(a[1m + ]) > 1", "a + fill(0) b > 1")
    rules = [{"alert": f"A{at}", "expr": expr} for at, expr in enumerate(exprs)]
    (tmp_path / "own.yml").write_text(yaml.safe_dump({"groups": [{"name": "a", "rules": rules}]}), encoding="utf-8")
    static = read_folder(tmp_path)
    listed = static["prometheus"][AlertRule]
    assert isinstance(listed, list)
    # 3.13 does not take `fill` without a flag that its promtool does not have: not evaluated.
    assert [rule.promtool is None for rule in listed] == [False, False, False, True]
    assert [name for name, message in musts(static) if "`A2`" in message] == ["expressions-parse"]
    assert [message for name, message in musts(static) if name == "expressions-parse"] == [
        f"`A2`: {listed[2].promtool}",
    ]
