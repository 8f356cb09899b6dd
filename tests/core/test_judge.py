"""From evidence to a verdict, and from a verdict to pytest's outcome: every outcome, waivers, errors of a rule."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Self, cast

import pytest

from fixtures.service import Waiver
from suites.core.evidence import CollectionError, Evidence, EvidenceStore, Found, NotEvaluated
from suites.core.finding import Finding, Where
from suites.core.rule import Level, NotApplicable, NotCollected, Rule
from suites.core.verdict import KEPT_FINDINGS, Verdict, judge
from suites.core.waivers import problems, under_waivers
from suites.run.outcome import Nonconformance, RuleBrokeError, apply_outcome


@dataclass(frozen=True)
class Text:
    """A record that is only its text."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(text)


def check(record: Text) -> Iterator[Finding]:
    """Find each word `bad`; break on `broken`, and have nothing to say about an empty text."""
    if not record.text:
        raise NotApplicable("the text is empty")
    for word in record.text.split():
        if word == "broken":
            raise ZeroDivisionError("a fault of the rule")
        if word.startswith("bad"):
            yield Finding(f"`{word}` is bad", Where(line=1), "write `good`")


def rule(level: Level = Level.MUST) -> Rule:
    return Rule("metrics/no-bad", "No word is bad.", "", level, "https://example.org/", Text, (), (), check)


def seen(*texts: str) -> Evidence:
    return Evidence(tuple(Text(text) for text in texts), "live")


WAIVER = Waiver("metrics/no-bad", "it is old", "shop", LAST_DAY := date(2026, 6, 30), "service.yaml:9", "shop")
MUST, SHOULD = rule(), rule(Level.SHOULD)
LONG = replace(MUST, only=lambda record: len(record.text) > 5)
LONG_OR_NONE = replace(LONG, otherwise="the text is short")


@pytest.mark.parametrize(
    ("judging", "found", "waiver", "outcome", "reason"),
    [
        (MUST, seen("good"), None, "pass", None),
        (MUST, seen("good", "bad"), None, "fail", None),
        (SHOULD, seen("bad"), None, "warn", None),
        (MUST, seen("bad"), WAIVER, "waived", None),
        (SHOULD, seen("bad"), WAIVER, "waived", None),
        (LONG, seen("bad"), None, "pass", None),
        (LONG, seen("bad", "bad bad"), None, "fail", None),
        (LONG_OR_NONE, seen("bad"), None, "not-evaluated", "the text is short"),
        (LONG_OR_NONE, seen("bad", "good good"), None, "pass", None),
        (LONG_OR_NONE, seen("bad", "bad bad"), None, "fail", None),
        (MUST, seen(""), None, "not-evaluated", "the text is empty"),
        (MUST, seen("", "bad"), None, "fail", None),
        (MUST, NotEvaluated("Loki is down"), None, "not-evaluated", "Loki is down"),
        (MUST, CollectionError("no port is free"), None, "error", "no port is free"),
        (MUST, seen("bad", "broken"), None, "error", "the rule itself broke: ZeroDivisionError: a fault of the rule"),
        (MUST, seen("broken"), WAIVER, "error", "the rule itself broke: ZeroDivisionError: a fault of the rule"),
    ],
)
def test_outcome(judging: Rule, found: Found, waiver: Waiver | None, outcome: str, reason: str | None) -> None:
    verdict = under_waivers(judge(judging, "shop", found), [waiver] if waiver else [], LAST_DAY)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("found", "applies"),
    [(seen(""), False), (NotEvaluated("it logs nothing", applies=False), False), (NotEvaluated("Loki is down"), True)],
)
def test_not_applicable_and_missing_evidence_differ(found: Found, applies: bool) -> None:
    assert judge(MUST, "shop", found).applies is applies


def test_evidence_without_records_does_not_pass() -> None:
    """A collector that returns an empty list has seen nothing, and nothing seen is nothing proved."""
    verdict = judge(MUST, "shop", Evidence((), "live"))
    assert verdict.outcome == "not-evaluated"
    assert verdict.reason == "no Text was collected for shop"


def test_a_finding_of_several_records_is_reported_once() -> None:
    verdict = judge(MUST, "shop", seen("bad", "bad", "bad2"))
    assert [finding.message for finding in verdict.findings] == ["`bad` is bad", "`bad2` is bad"]


def test_the_report_has_the_first_findings_and_their_total() -> None:
    data = judge(MUST, "shop", seen(" ".join(f"bad{number}" for number in range(100)))).as_data("service", "shop")
    assert data["findings_total"] == 100
    assert len(cast("list[object]", data["findings"])) == KEPT_FINDINGS


@pytest.mark.parametrize(
    ("found", "waiver", "judging", "must", "warning"),
    [
        (seen("good"), None, MUST, None, None),
        (seen("bad"), None, MUST, Nonconformance, Nonconformance),
        (seen("bad"), None, SHOULD, None, Nonconformance),
        (seen("bad"), WAIVER, MUST, pytest.xfail.Exception, pytest.xfail.Exception),
        (NotEvaluated("Loki is down"), None, MUST, pytest.skip.Exception, Nonconformance),
        (NotEvaluated("no logs", applies=False), None, MUST, pytest.skip.Exception, pytest.skip.Exception),
        (CollectionError("no port"), None, MUST, RuleBrokeError, RuleBrokeError),
    ],
)
def test_every_outcome_in_pytest(
    found: Found,
    waiver: Waiver | None,
    judging: Rule,
    must: type[BaseException] | None,
    warning: type[BaseException] | None,
) -> None:
    verdict = under_waivers(judge(judging, "shop", found), [waiver] if waiver else [], LAST_DAY)
    for fail_on, raised in (("must", must), ("warning", warning)):
        with pytest.raises(raised) if raised else contextlib.nullcontext():
            apply_outcome(verdict, fail_on)


def test_a_breach_that_the_baseline_has_fails_only_where_others_do_too() -> None:
    known = replace(judge(MUST, "shop", seen("bad")), known=True)
    for fail_on, raised in (("new", pytest.xfail.Exception), ("must", Nonconformance), ("warning", Nonconformance)):
        with pytest.raises(raised):
            apply_outcome(known, fail_on)
    with pytest.raises(Nonconformance):
        apply_outcome(replace(known, known=False), "new")


def test_a_failure_has_its_finding_place_hint_and_reason() -> None:
    with pytest.raises(Nonconformance) as failure:
        apply_outcome(judge(MUST, "shop", seen(" ".join(f"bad{number}" for number in range(7)))), "must")
    lines = str(failure.value).splitlines()
    assert lines[:4] == ["metrics/no-bad MUST shop", "  `bad0` is bad", "    where: line 1", "    fix:   write `good`"]
    assert lines[-2:] == ["  … and 2 more in the report", "  rule: No word is bad. https://example.org/"]


def judged(text: str, today: date, *waivers: Waiver) -> Verdict:
    """Judge one text under a waiver on a given day, as a run does."""
    return under_waivers(judge(MUST, "shop", seen(text)), waivers, today)


DAY_AFTER = date(2026, 7, 1)


def test_a_waiver_is_valid_on_its_last_day_and_expired_after_it() -> None:
    assert judged("bad", LAST_DAY, WAIVER).outcome == "waived"
    expired = judged("bad", DAY_AFTER, WAIVER)
    assert expired.outcome == "error"
    assert expired.reason == (
        "the waiver expired on 2026-06-30 (service.yaml:9): fix the breach, or have shop renew it"
    )
    assert [finding.message for finding in expired.findings] == ["`bad` is bad"], "the finding is still reported"


@pytest.mark.parametrize("today", [LAST_DAY, DAY_AFTER])
def test_a_waiver_that_is_not_needed_is_an_error(today: date) -> None:
    verdict = judged("good", today, WAIVER)
    assert verdict.outcome == "error"
    assert verdict.reason == "the waiver is no longer needed: remove it from service.yaml:9"


def test_the_reason_of_a_waiver_is_masked_like_everything_else() -> None:
    waiver = replace(WAIVER, reason="password=hunter2-Xk9 \x1b[31m")
    with pytest.raises(pytest.xfail.Exception) as waived:
        apply_outcome(judged("bad", LAST_DAY, waiver), "must")
    assert "hunter2" not in str(waived.value)
    assert "\x1b" not in str(waived.value)


@pytest.mark.parametrize("other", [{"rule": "metrics/parsable"}, {"subject": "till"}])
def test_a_waiver_of_another_rule_or_subject_has_no_effect(other: dict[str, str]) -> None:
    waiver = replace(WAIVER, **other, expires=date(2020, 1, 1))
    assert judged("bad", LAST_DAY, waiver).outcome == "fail"
    assert judged("good", LAST_DAY, waiver).outcome == "pass"


@pytest.mark.parametrize(("today", "outcome"), [(LAST_DAY, "not-evaluated"), (DAY_AFTER, "error")])
def test_without_evidence_a_waiver_is_not_unneeded_but_it_may_have_expired(today: date, outcome: str) -> None:
    assert judged("", today, WAIVER).outcome == outcome


@pytest.mark.parametrize(("text", "down", "outcome"), [("good", True, "pass"), ("good", False, "error")])
def test_while_something_is_down_no_waiver_is_unneeded(text: str, down: bool, outcome: str) -> None:
    """With its Redis down an exporter exposes no metrics of Redis, so none of these has a bad name."""
    verdict = judge(MUST, "shop", seen(text))
    assert under_waivers(verdict, [WAIVER], LAST_DAY, lambda: down).outcome == outcome


ONE, TWO = judge(MUST, "shop", seen("bad_one bad_two")).fingerprints
OF_ONE = replace(WAIVER, fingerprint=ONE, where="w:1")
OF_TWO = replace(WAIVER, fingerprint=TWO, where="w:2")
OLD_ONE = replace(OF_ONE, expires=date(2026, 1, 1))
UNNEEDED = f"the waiver of {ONE} is no longer needed: remove it from w:1"
EXPIRED = f"the waiver of {ONE} expired on 2026-01-01 (w:1): fix the breach, or have shop renew it"


@pytest.mark.parametrize(
    ("text", "waivers", "outcome", "reason", "accepted"),
    [
        ("bad_one", [OF_ONE], "waived", None, ["bad_one"]),
        ("bad_one bad_two", [WAIVER], "waived", None, []),
        ("bad_one bad_two", [OF_ONE], "fail", None, ["bad_one"]),
        ("bad_one bad_two", [OF_ONE, OF_TWO], "waived", None, ["bad_one", "bad_two"]),
        ("bad_one bad_two", [OF_ONE, WAIVER], "waived", None, ["bad_one", "bad_two"]),
        ("bad_two", [OF_ONE], "fail", UNNEEDED, []),
        ("bad_two", [OF_ONE, OF_TWO], "error", UNNEEDED, ["bad_two"]),
        ("good", [OF_ONE], "error", UNNEEDED, []),
        ("bad_one", [OLD_ONE], "error", EXPIRED, []),
        ("bad_one bad_two", [OLD_ONE, OF_TWO], "error", EXPIRED, ["bad_two"]),
        ("bad_one bad_two", [OLD_ONE], "fail", EXPIRED, []),
        ("bad_one bad_two bad_three", [OLD_ONE, OF_TWO], "fail", EXPIRED, ["bad_two"]),
    ],
)
def test_a_waiver_of_one_finding_accepts_no_other(
    text: str, waivers: list[Waiver], outcome: str, reason: str | None, accepted: list[str]
) -> None:
    verdict = judged(text, LAST_DAY, *waivers)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    listed = cast("list[dict[str, Any]]", verdict.as_data("service", "shop")["findings"])
    assert [finding["message"] for finding in listed if "waiver" in finding] == [
        f"`{name}` is bad" for name in accepted
    ]
    assert len(listed) == len(text.replace("good", "").split()), "a waived finding stays visible"


OF_RULE = "w:1: waiver for 'metrics/no-bad', which does not judge"


@pytest.mark.parametrize(
    ("waivers", "wrong"),
    [
        ([WAIVER, OF_ONE], []),
        ([OF_ONE, replace(OF_ONE, where="w:3")], ["w:3: it is waived twice"]),
        ([replace(OF_ONE, subject="shopp")], [f"{OF_RULE} 'shopp'; did you mean 'shop'?"]),
        ([replace(OF_ONE, subject="x")], [f"{OF_RULE} 'x'; it judges shop"]),
        (
            [replace(OF_ONE, rule="metrics/no-bat")],
            ["w:1: waiver for unknown rule 'metrics/no-bat'; did you mean 'metrics/no-bad'?"],
        ),
        (
            [replace(OF_ONE, rule="metrics/old")],
            ["w:1: the rule 'metrics/old' is now called 'metrics/no-bad'; change the waiver"],
        ),
    ],
)
def test_what_is_wrong_with_waivers(waivers: list[Waiver], wrong: list[str]) -> None:
    renamed = {"metrics/old": "metrics/no-bad"}
    assert problems(waivers, {"metrics/no-bad": MUST}, renamed, lambda _rule: {"shop"}) == wrong


class Unwritable:
    """A record that cannot be written."""

    def __reduce__(self) -> str:
        raise TypeError("it holds a socket")


def test_evidence_that_cannot_be_pickled_affects_no_other(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    store.put("shop", {Text: [Text("good")], Unwritable: [Unwritable()]}, "live")
    store.save()
    other = EvidenceStore(tmp_path)
    assert other.get(Text, "shop") == seen("good")
    lost = other.get(Unwritable, "shop")
    assert lost == CollectionError("this evidence cannot travel between processes: it holds a socket")


def test_subjects_of_any_name_have_separate_files(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "evidence")
    names = ["shop", "../shop", "a/b", "broken", "Ümlaut %2F", "x" * 60]
    for name in names:
        store.put(name, {Text: [Text(name)]}, "static")
    store.save()
    other = EvidenceStore(tmp_path / "evidence")
    assert [other.get(Text, name) for name in names] == [Evidence((Text(name),), "static") for name in names]
    assert {path.parent for path in tmp_path.rglob("*.evidence")} == {tmp_path / "evidence"}


def test_evidence_missing_after_a_broken_collection_is_an_error_in_every_process(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    store.put("shop", {Text: [Text("good")]}, "live")
    store.broke(CollectionError("collecting broke"))
    store.save()
    for each in (store, EvidenceStore(tmp_path)):
        assert each.get(Text, "shop") == seen("good")
        assert each.get(Rule, "shop") == CollectionError("collecting broke")
        assert each.get(Text, "other") == CollectionError("collecting broke")


def test_a_later_reason_does_not_replace_a_record(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    store.put("shop", {Text: [Text("good")]}, "live")
    store.put_missing("shop", [Text, Rule], CollectionError("collecting broke"))
    assert store.get(Text, "shop") == seen("good")
    assert store.get(Rule, "shop") == CollectionError("collecting broke")


def test_a_finding_does_not_hide_that_other_records_were_not_evaluated() -> None:
    def check_some(record: Text) -> Iterator[Finding]:
        if record.text.startswith("unread"):
            raise NotCollected("the text could not be read")
        return check(record)

    some = replace(MUST, check=check_some)
    verdict = judge(some, "shop", seen("bad", "unread", "good", "unread too"))
    reason = "not evaluated: the text could not be read (2 of 4)"
    assert (verdict.outcome, len(verdict.findings), verdict.reason) == ("fail", 1, reason)
    accepted = under_waivers(verdict, [WAIVER], LAST_DAY)
    assert (accepted.outcome, accepted.reason) == ("waived", reason)


@dataclass(frozen=True)
class Part(Text):
    """A record that is not all of what it is of."""

    left_out: str = "the first page was not read"


@pytest.mark.parametrize(("text", "outcome"), [("good", "pass"), ("bad", "fail")])
def test_a_verdict_on_a_part_of_the_evidence_says_so(text: str, outcome: str) -> None:
    verdict = judge(replace(MUST, record=Part), "shop", Evidence((Part(text), Part(text)), "live"))
    assert (verdict.outcome, verdict.reason) == (outcome, "the first page was not read")
    whole = judge(replace(MUST, record=Part), "shop", Evidence((Part(text, left_out=""),), "live"))
    assert (whole.outcome, whole.reason) == (outcome, None)
