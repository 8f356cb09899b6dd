"""What the report works out of the verdicts: score, headline, groups, gaps, baseline, run information."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

import reports.earlier
from reports.baseline import load_baseline
from reports.contract import problems_of
from reports.earlier import ReportError, read_report
from reports.headline import headline
from reports.model import SuiteInfo, build, count, score
from reports.runinfo import load_run
from reports.verdicts import NOT_APPLICABLE
from reports.views import gaps, group, place
from reports.writers import html_writer, json_writer, junit, markdown, terminal
from tests.data.reports import sample

if TYPE_CHECKING:
    from pathlib import Path


def test_score_weighs_musts_and_never_rewards_gaps() -> None:
    def judged(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
        return [{"outcome": outcome, "level": level} for outcome, level in pairs]

    assert score(judged(("not-evaluated", "MUST"), ("error", "MUST"))) is None
    assert score(judged(("pass", "MUST"), ("not-evaluated", "MUST"))) == 100
    assert score(judged(("pass", "MUST"), ("not-evaluated", "MUST"), ("not-evaluated", "MUST"))) is None
    assert score(judged(("fail", "MUST"), ("pass", "SHOULD"))) == 25
    assert score(judged(("waived", "SHOULD"), ("pass", "MUST"))) == 75
    assert score(judged(*[("pass", "MUST")] * 999, ("warn", "SHOULD"))) == 99


@pytest.mark.parametrize(
    ("verdicts", "fail_on", "state", "words"),
    [
        ([], "must", "none", "Nothing was judged"),
        ([sample.verdict(1, "a", "not-evaluated")], "must", "none", "Nothing could be evaluated"),
        ([sample.verdict(1, "a", "pass")], "must", "pass", "a passes the gate"),
        ([sample.verdict(1, "a", "pass"), sample.verdict(1, "b", "not-evaluated")], "must", "pass", "1 not judged"),
        ([sample.verdict(0, "a", "warn")], "must", "pass", "a passes the gate"),
        ([sample.verdict(0, "a", "warn")], "warning", "fail", "a fails the gate"),
        ([sample.verdict(1, "a", "fail"), sample.verdict(1, "b", "pass")], "must", "fail", "1 of 2 services fails"),
        ([sample.verdict(1, None, "fail"), sample.verdict(1, "b", "pass")], "must", "fail", "The stack itself fails"),
        ([sample.verdict(1, "a", "error")], "must", "error", "the suite itself broke 1 time"),
    ],
)
def test_headline(verdicts: list[Any], fail_on: str, state: str, words: str) -> None:  # a parameter of the table
    report = build(verdicts, fail_on=fail_on)
    found = headline(report)
    assert (found.state, words in found.sentence) == (state, True), found
    assert report["gate"]["passed"] == (state == "pass")


def test_an_expired_waiver_is_no_crash_of_the_suite() -> None:
    expired = sample.verdict(1, "a", "error", reason="the waiver expired")
    expired["waiver"] = {"reason": "later", "owner": "us", "expires": "2024-01-31"}
    assert headline(build([expired])).sentence == "1 waiver to renew or to remove"


def test_a_service_that_could_not_be_judged_has_no_score_in_any_format() -> None:
    gaps = [sample.verdict(n, "a", "not-evaluated", reason="connection refused") for n in (2, 3)]
    report = build([sample.verdict(1, "a", "fail"), *gaps])
    assert report["services"][0]["score"] is None
    assert problems_of(report) == []
    assert headline(report).sentence == "a fails the gate"
    assert "a not judged" in headline(report).reasons
    for text in (terminal.render(report), markdown.render(report), html_writer.render(report)):
        assert re.search(r"–(</abbr><small>|,) not judged", text)


def test_headline_names_what_a_partial_run_judged() -> None:
    suite = SuiteInfo(scope=("--service alpha", "-k x"), selected_services=("alpha",))
    report = build([sample.verdict(1, "alpha", "pass")], suite=suite)
    assert headline(report).sentence == "alpha passes the gate (partial run: --service alpha; -k x)"
    assert not report["suite"]["complete"]
    long = build([sample.verdict(1, "alpha", "pass")], suite=SuiteInfo(scope=("-k " + "x" * 500,)))
    assert len(headline(long).sentence) < 200


def test_headline_names_what_was_simulated() -> None:
    assert (
        "2 verdicts simulated"
        in headline(build([sample.verdict(n, "a", "pass", evidence="simulated") for n in (1, 2)])).reasons
    )


@pytest.mark.parametrize(
    ("alpha", "beta", "merged"),
    [
        ("`alpha` is down", "`beta` is down", "`‹subject›` is down"),
        (
            "20 of 1,020 lines are bad",
            "16 of 16 lines are bad",
            "20 of 1,020 lines are bad (numbers of alpha, others differ)",
        ),
        ("no metric `queue_1`", "no metric `queue_2`", None),
        ("alpha is slow", "beta is wrong", None),
    ],
)
def test_the_same_finding_on_several_services_is_listed_once(alpha: str, beta: str, merged: str | None) -> None:
    found = {name: [{"message": text, "hint": f"fix {name}"}] for name, text in (("alpha", alpha), ("beta", beta))}
    report = build([sample.verdict(1, name, "fail", findings=findings) for name, findings in found.items()])
    groups = group(report["verdicts"], "fail")
    if merged is None:
        assert [one.subjects for one in groups] == [["alpha"], ["beta"]]
        return
    (one,) = groups
    assert (one.subjects, one.owner) == (["alpha", "beta"], "Several services")
    assert one.findings[0]["message"] == merged
    assert terminal.render(report, 120).count(merged) == 1


def test_gaps_are_grouped_by_reason() -> None:
    found = gaps(build([sample.verdict(n, "a", "not-evaluated", reason="Loki is down") for n in range(3)])["verdicts"])
    assert [(gap.reason, gap.count, len(gap.rules)) for gap in found] == [("Loki is down", 3, 3)]
    named = [sample.verdict(1, name, "not-evaluated", reason=f"{name} did not answer") for name in ("alpha", "beta")]
    assert [gap.reason for gap in gaps(build(named)["verdicts"])] == ["‹subject› did not answer"]
    assert [gap.reason for gap in gaps(build(named[:1])["verdicts"])] == ["alpha did not answer"]


def test_a_rule_that_does_not_apply_is_no_gap() -> None:
    found = [
        sample.verdict(1, "a", "not-evaluated", applies=False, reason="no histograms"),
        sample.verdict(2, "a", "pass"),
    ]
    report = build(found, fail_on="warning")
    assert report["gate"]["passed"]
    assert (report["gate"]["counts"][NOT_APPLICABLE], report["gate"]["counts"]["not-evaluated"]) == (1, 0)
    assert gaps(report["verdicts"]) == []
    assert "not evaluated" not in terminal.render(report)
    assert "does not apply: no histograms" in junit.render(report)
    assert "<td class=x>not-applicable" in html_writer.render(report)
    assert not build([sample.verdict(1, "a", "not-evaluated"), *found], fail_on="warning")["gate"]["passed"]


def test_malformed_verdicts_become_errors_and_stay() -> None:
    report = build(["text", None, {"rule": "a/b"}, {"rule": "a/b", "subject": "s", "outcome": "great"}])
    assert count(report["verdicts"])["error"] == 4
    assert problems_of(report) == []
    assert "`outcome` is 'great'" in str(report["verdicts"])


def test_place_names_what_it_knows() -> None:
    assert place({"file": "a.yaml", "line": 3, "excerpt": "x"}) == "a.yaml:3"
    assert place({"line": 3, "series": "up", "url": "http://h/"}) == "line 3, series up, http://h/"
    assert place({}) == ""


def earlier(tmp_path: Path, verdicts: list[Any]) -> Path:
    path = tmp_path / "earlier.json"
    path.write_text(json_writer.render(build(verdicts)), encoding="utf-8")
    return path


def test_baseline_finds_new_fixed_still_unproven_and_gone(tmp_path: Path) -> None:
    before = [sample.verdict(n, "a", "fail") for n in (1, 2, 3, 4)] + [sample.verdict(5, "a", "pass")]
    now = [
        sample.verdict(1, "a", "fail"),
        sample.verdict(2, "a", "pass"),
        sample.verdict(3, "a", "not-evaluated"),
        sample.verdict(5, "a", "fail"),
        sample.verdict(6, "a", "pass"),
    ]
    report = build(now, baseline=load_baseline(earlier(tmp_path, before)))
    changes = {verdict["rule"]: verdict["change"] for verdict in report["verdicts"]}
    expected = dict(zip((1, 2, 3, 5, 6), ("still", "fixed", "unproven", "new", None), strict=True))
    assert changes == {sample.verdict(n, "a", "pass")["rule"]: change for n, change in expected.items()}
    assert report["baseline"]["counts"] == {"new": 1, "still": 1, "fixed": 1, "unproven": 1}
    assert [item["rule"] for item in report["baseline"]["gone"]] == [sample.verdict(4, "a", "pass")["rule"]]
    assert problems_of(report) == []
    assert "1 new, 1 fixed, 1 still failing" in " ".join(terminal.render(report).split())
    assert "1 new, 1 fixed, 1 still failing" in markdown.render(report)
    assert "still failing" in html_writer.render(report)
    assert 'name="change" value="new"' in junit.render(report)


def test_a_baseline_of_the_first_format_and_with_former_rule_ids_compares(tmp_path: Path) -> None:
    """Format 1 had `gate.strict` and no scope; the rule has changed its name and its area since."""
    path = earlier(tmp_path, [sample.verdict(1, "a", "fail", rule="stack/compose-docker-socket", area="stack")])
    report = json.loads(path.read_text(encoding="utf-8")) | {"format": 1}
    del report["gate"]["fail_on"], report["suite"]["scope"], report["suite"]["selected_services"]
    report["gate"]["strict"] = True
    path.write_text(json.dumps(report), encoding="utf-8")
    now = build([sample.verdict(1, "a", "fail", rule="compose/docker-socket")], baseline=load_baseline(path))
    assert now["verdicts"][0]["change"] == "still"
    assert now["baseline"]["gone"] == []
    read = read_report(path)
    assert (read["gate"]["fail_on"], read["verdicts"][0]["area"]) == ("warning", "compose")


def test_a_rule_renamed_twice_gets_its_last_name(monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = {"a/one": "a/two", "a/two": "b/three", "c/x": "c/y", "c/y": "c/x"}
    monkeypatch.setattr(reports.earlier, "_renamed_rules", lambda: renamed)
    assert [reports.earlier.current_id(rule) for rule in ("a/one", "b/other")] == ["b/three", "b/other"]
    assert reports.earlier.current_id("c/x") in renamed  # a circle ends


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "cannot be read"), ("{", "is not JSON"), ("{}", "is not a report.json"), ("[" * 100_000, "is not JSON")],
)
def test_unusable_baseline_names_the_problem(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "old.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=re.escape(f"{path}: {words}")):
        load_baseline(path)


def test_bad_parts_of_run_information_are_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"backend": "local", "duration_s": -1, "components": [{"name": "x"}]}), encoding="utf-8")
    run = load_run(path)
    assert run.data == {"backend": "local"}
    assert [re.findall(r"`(\w+)` left out", problem) for problem in run.problems] == [["duration_s"], ["components"]]
    path.write_bytes(b"\xff\xfe")
    assert "cannot be read" in load_run(path).problems[0]
    assert load_run(tmp_path / "none.json").problems == ()
    assert problems_of(build([], run)) == []
