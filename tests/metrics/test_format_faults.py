"""The parser's faults and the rules that report them match one to one; both are found by what they do."""

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

from stack.records.exposition.exposition import Exposition, OpenMetricsExposition, TextExposition
from stack.records.exposition.faults import FaultKind
from suites.core.discovery import in_area
from suites.core.evidence import Evidence
from suites.core.rule import NotApplicable, Rule
from suites.core.verdict import judge
from suites.metrics.helpers.format_findings import NEEDED

RULES = [rule for rule in in_area("metrics") if rule.record in {Exposition, TextExposition, OpenMetricsExposition}]
KINDS = set(get_args(FaultKind))


def broken() -> Iterator[Exposition]:
    """The expositions that the rules on them reject."""
    for rule in RULES:
        for example in rule.bad:
            record = rule.record.parse(example.text)
            assert isinstance(record, Exposition)
            yield record


def messages(rule: Rule, exposition: Exposition) -> set[str]:
    try:
        return {finding.message for finding in rule.judge(exposition)}
    except NotApplicable:
        return set()


def reporters() -> dict[str, set[str]]:
    """For each kind of fault the rules that report it: a finding is there with the fault and gone without it."""
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for exposition in broken():
        sound = replace(exposition, faults={}, fault_counts={}, cache={})
        rules = [rule for rule in RULES if isinstance(exposition, rule.record)]
        without = {rule.id: messages(rule, sound) for rule in rules}
        for kind, faults in exposition.faults.items():
            counts = {kind: exposition.fault_counts[kind]}
            alone = replace(sound, faults={kind: faults}, fault_counts=counts, cache={})
            found[kind] |= {rule.id for rule in rules if messages(rule, alone) - without[rule.id]}
    return found


def test_every_fault_is_reported_by_exactly_one_rule() -> None:
    found = reporters()
    assert {kind: rules for kind, rules in found.items() if len(rules) != 1} == {}
    assert len(set.union(*found.values())) == len(KINDS), "no rule reports two kinds"


def noting(exposition: Exposition, asked: set[str]) -> Exposition:
    """The same without faults, and each kind that a rule asks for is noted."""

    class Asked(dict[str, object]):
        def get(self, kind: str, default: object = None) -> object:
            asked.add(kind)
            return default

    return replace(exposition, faults=Asked(), cache={})  # type: ignore[arg-type]  # it counts the look-ups


def test_rules_ask_for_existing_faults_only() -> None:
    asked: set[str] = set()

    for text in ("a 1\n", "a 1\n# EOF\n", ""):
        exposition = noting(Exposition.parse(text), asked)
        for rule in RULES:
            if isinstance(exposition, rule.record):
                messages(rule, exposition)
    assert asked == KINDS


def test_a_rule_does_not_pass_where_nothing_can_have_its_fault() -> None:
    passed: set[str] = set()
    for text in ("a 1\n", "# TYPE a unknown\na 1\n# EOF\n"):
        for rule in RULES:
            asked: set[str] = set()
            exposition = noting(Exposition.parse(text), asked)
            if isinstance(exposition, rule.record) and judge(rule, "a", Evidence((exposition,), "live")).applies:
                passed |= asked
    assert passed
    assert passed.isdisjoint(NEEDED)
