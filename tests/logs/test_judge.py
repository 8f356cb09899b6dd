"""What the log rules share: an empty log passes nothing, one cause is one finding, and their number is bounded."""

import contextlib

import pytest

from stack.records.logs.stream import LogStream
from suites.core.discovery import rules
from suites.core.rule import NotApplicable, Rule
from suites.logs.helpers.judge import MAX_FINDINGS, excerpt, moment, quoted

MINE = {rule.id: rule for rule in rules().values() if rule.record is LogStream}
FULL = "format: zap\nrequests: [{id: r-1, status: 500}]\nspecialised: {http: {a: string}}\nfrom: 0\nto: 10\n"


@pytest.mark.parametrize(
    "rule", [rule for name, rule in MINE.items() if name != "logs/log-written"], ids=lambda rule: rule.id
)
def test_no_rule_passes_on_an_empty_log(rule: Rule) -> None:
    with pytest.raises(NotApplicable):
        list(rule.judge(LogStream.parse(FULL + "---\n")))


OF_ANY_TEXT = {"line-length", "log-files-bounded", "log-written", "no-control-characters", "no-multiline-events"}
OF_ANY_TEXT |= {"no-secrets", "utf8"}


def test_a_log_of_plain_text_passes_what_holds_for_any_text_alone() -> None:
    passed = set()
    for name, rule in MINE.items():
        with contextlib.suppress(NotApplicable):
            if not list(rule.judge(LogStream.parse("starting up\nError: cannot bind\n"))):
                passed.add(name.removeprefix("logs/"))
    assert passed == OF_ANY_TEXT


def test_an_empty_log_is_one_finding() -> None:
    assert len(list(MINE["logs/log-written"].judge(LogStream.parse(FULL + "---\n")))) == 1


def test_a_hundred_thousand_lines_with_one_cause_are_one_finding() -> None:
    (finding,) = MINE["logs/level-allowed"].judge(LogStream.parse('{"level":"LOUD","ts":1,"msg":"m"}\n' * 100_000))
    assert finding.message.endswith("(100,000 lines, first line 1)")


def test_causes_without_end_are_counted_in_a_last_finding() -> None:
    lines = "".join(f'{{"level":"L{number}","ts":1,"msg":"m"}}\n' for number in range(500))
    found = list(MINE["logs/level-allowed"].judge(LogStream.parse(lines)))
    assert len(found) == MAX_FINDINGS + 1
    assert found[-1].message == f"… and {500 - MAX_FINDINGS} further causes in {500 - MAX_FINDINGS} lines"


def test_what_is_shown_is_short_printable_and_masked() -> None:
    assert excerpt("a\x1b[31mb\0c\nd") == "a\\x1b[31mb\\x00c\\nd"
    assert len(excerpt("x" * 10_000)) == 200
    assert quoted({"password": "hunter2"}) == '`{"password":"[masked: password]"}`'


def test_moments_are_shown_in_utc_or_as_they_are() -> None:
    assert moment(1_795_500_000_123_456_789) == "2026-11-24T06:00:00.123Z"
    assert moment(10**29) == f"{10**29} ns"
