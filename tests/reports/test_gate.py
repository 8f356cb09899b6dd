"""What closes the gate: findings against a baseline, and the one number that a run ends with."""

import json
from pathlib import Path
from typing import Any

import pytest

from reports.baseline import load_baseline
from reports.contract import problems_of
from reports.exit_code import exit_code
from reports.model import RunInfo, build
from reports.writers import html_writer, json_writer, junit, markdown, terminal
from tests.data.reports.sample import verdict


def broken(*messages: str, outcome: str = "fail", **more: Any) -> dict[str, Any]:
    """A verdict of rule 1 on `shop` with these findings."""
    findings = [{"message": message} for message in messages]
    return verdict(1, "shop", outcome, findings=findings, findings_total=len(findings), **more)


def since(tmp_path: Path, before: dict[str, Any], now: dict[str, Any], fail_on: str = "new") -> dict[str, Any]:
    """The report of `now` against the baseline `before`."""
    path = tmp_path / "earlier.json"
    path.write_text(json_writer.render(build([before])), encoding="utf-8")
    report = build([now], fail_on=fail_on, baseline=load_baseline(path))
    assert problems_of(report) == []
    return report


DOWN = [f"the target `10.0.0.{number}:9100` is down" for number in range(9)]


@pytest.mark.parametrize(
    ("before", "now", "counts", "marks", "passed"),
    [
        (["`a` is bad"], ["`a` is bad"], (0, 1, 0), ["still"], True),
        (["`a` is bad 5 times"], ["`a` is bad 7 times"], (0, 1, 0), ["still"], True),
        (["`a` is bad"], ["`a` is bad", "`b` is bad"], (1, 1, 0), ["still", "new"], False),
        (["`a` is bad"], ["`b` is bad"], (1, 0, 1), ["new"], False),
        (["`a` is bad", "`b` is bad"], ["`b` is bad"], (0, 1, 1), ["still"], True),
        ([DOWN[5]], [DOWN[7]], (0, 1, 0), ["still"], True),
        ([DOWN[5]], [DOWN[4], DOWN[5]], (1, 1, 0), ["new", "still"], False),
        ([DOWN[4], DOWN[5]], [DOWN[5]], (0, 1, 1), ["still"], True),
    ],
    ids=["same", "numbers", "second", "other", "fixed one", "moved", "second alike", "one of two alike"],
)
def test_one_known_finding_does_not_hide_another(
    tmp_path: Path, before: list[str], now: list[str], counts: tuple[int, int, int], marks: list[str], passed: bool
) -> None:
    report = since(tmp_path, broken(*before), broken(*now))
    assert tuple(report["baseline"]["counts"][change] for change in ("new", "still", "fixed")) == counts
    assert [finding["change"] for finding in report["verdicts"][0]["findings"]] == marks
    assert report["gate"]["passed"] is passed
    assert exit_code(report, 0 if passed else 1) == (0 if passed else 1)
    assert ("<failure" in junit.render(report)) is not passed


def test_what_is_waived_now_or_where_the_suite_broke_is_not_fixed(tmp_path: Path) -> None:
    now = broken("`a` is bad", "`b` is bad")
    now["findings"][1]["waiver"] = WAIVER
    for now_found, still, new, fixed, unproven in (
        (now, 1, 0, 1, 1),  # `c` is fixed
        (verdict(1, "shop", "error", reason="the rule broke"), 0, 1, 0, 3),
    ):
        report = since(tmp_path, broken("`a` is bad", "`b` is bad", "`c` is bad"), now_found)
        assert report["baseline"]["counts"] == {"new": new, "still": still, "fixed": fixed, "unproven": unproven}


def test_a_finding_beyond_those_listed_is_new_all_the_same(tmp_path: Path) -> None:
    before = broken("`a` is bad", unlisted=["0" * 16])
    assert since(tmp_path, before, before)["gate"]["passed"]
    assert not since(tmp_path, before, broken("`a` is bad", unlisted=["0" * 16, "1" * 16]))["gate"]["passed"]


def test_a_renamed_rule_and_a_report_without_fingerprints_compare(tmp_path: Path) -> None:
    path = tmp_path / "earlier.json"
    before = json.loads(json_writer.render(build([broken("`a` is bad", rule="stack/compose-docker-socket")])))
    del before["verdicts"][0]["findings"][0]["fingerprint"]
    path.write_text(json.dumps(before), encoding="utf-8")
    now = [broken("`a` is bad", "`b` is bad", rule="compose/docker-socket")]
    report = build(now, baseline=load_baseline(path))
    assert [finding["change"] for finding in report["verdicts"][0]["findings"]] == ["still", "new"]


WAIVER = {"reason": "r", "owner": "o", "expires": "2026-01-01"}
PASS, FAIL, WARN = verdict(2, "shop", "pass"), broken("`a` is bad"), verdict(3, "shop", "warn", level="SHOULD")
GAP = verdict(4, "shop", "not-evaluated", reason="no promtool is here")
UNREACHABLE = verdict(5, "shop", "not-evaluated", reason="because loki does not work", because_of="loki")
ERROR = verdict(6, "shop", "error", reason="the rule itself broke: ZeroDivisionError")
EXPIRED = verdict(7, "shop", "error", reason="the waiver expired", waiver=WAIVER)


@pytest.mark.parametrize(
    ("verdicts", "status", "code"),
    [
        ([PASS], 0, 0),
        ([PASS, WARN, GAP], 0, 0),
        ([PASS, FAIL], 1, 1),
        ([PASS, EXPIRED], 1, 1),
        ([PASS, ERROR], 1, 3),
        ([PASS, UNREACHABLE], 0, 6),
        ([GAP], 0, 6),
        ([], 5, 5),
        ([], 0, 5),
        ([], 4, 4),
        ([PASS], 2, 2),
        ([PASS], 3, 3),
        ([FAIL, ERROR, UNREACHABLE], 2, 2),
        ([FAIL, ERROR, UNREACHABLE], 1, 3),
        ([FAIL, UNREACHABLE], 4, 4),
        ([FAIL, UNREACHABLE], 1, 1),
        ([PASS], 1, 1),
    ],
)
def test_exit_code(verdicts: list[Any], status: int, code: int) -> None:
    """Of several, the first of 2, 3, 4, 1, 6, 5."""
    report = build(verdicts)
    assert exit_code(report, status) == code
    assert exit_code(report, status, incomplete=True) == (2 if code == 2 else 3)
    assert report["gate"]["passed"] is (status != 5 and bool(verdicts) and exit_code(report, 0) == 0)


@pytest.mark.parametrize(
    ("fail_on", "verdicts", "code"),
    [
        ("warning", [PASS, WARN], 1),
        ("warning", [PASS, GAP], 1),
        ("warning", [PASS, UNREACHABLE], 1),
        ("warning", [PASS, verdict(4, "shop", "not-evaluated", applies=False)], 0),
        ("must", [PASS, WARN], 0),
        ("new", [PASS, WARN], 0),
        ("new", [PASS, ERROR], 3),
    ],
)
def test_exit_code_by_what_fails_the_run(fail_on: str, verdicts: list[Any], code: int) -> None:
    assert exit_code(build(verdicts, fail_on=fail_on), 0 if code == 0 else 1) == code


def test_waivers_and_the_root_cause_are_seen_in_every_format_for_people() -> None:
    """What is waived stays visible, what ends within 14 days is announced, a component that is down comes first."""
    ends = {**WAIVER, "expires": "2026-01-15", "ticket": "OPS-7"}
    later = {**WAIVER, "expires": "2026-01-16"}
    partly = broken("`b` is bad", "`a` is bad")
    partly["findings"][1]["waiver"] = ends
    whole = verdict(8, "shop", "waived", waiver=later, findings=[{"message": "`c` is bad"}])
    down = verdict(1, None, "fail", subject="loki", root_cause=True, rule="components/component-ready")
    report = build([partly, whole, PASS, UNREACHABLE, down], RunInfo({"started": "2026-01-01T23:00:00+00:00"}))
    assert problems_of(report) == []
    text = " ".join(terminal.render(report, 100).split())
    assert "Waived until 2026-01-15 by o (OPS-7): r" in text
    assert "1 waiver of the next 14 days: " in text
    announced = f"{partly['rule']} on shop ends in 14 days, on 2026-01-15 (o)"
    assert announced in text
    assert text.index("Root cause: The stack itself") < text.index("components/component-ready") < text.index("`b` is")
    assert "Because of loki 1 check could not be judged." in text
    assert "2 breaches waived" in text
    (found,) = (one["findings"][0] for one in report["verdicts"] if one["rule"] == partly["rule"])
    assert f"id {found['fingerprint']}" in text
    for page in (html_writer.render(report), markdown.render(report)):
        assert "ends in 14 days, on 2026" in page.replace("\\", "")
        assert "Because of loki 1 check could not be judged." in page
    assert report["stack"]["counts"]["fail"] == 1


def test_what_several_subjects_share_has_no_id_since_each_has_its_own() -> None:
    one, other = (verdict(1, name, "fail", findings=[{"message": "`a` is bad"}]) for name in ("shop", "till"))
    both = build([one, other])
    ids = [each["findings"][0]["fingerprint"] for each in both["verdicts"]]
    assert ids[0] != ids[1]
    assert " id " not in " ".join(terminal.render(both, 100).split())
    assert all(name in html_writer.render(both) for name in ids), "each is on its service's page"
