"""Evidence judged in another process gives the same findings: pytest-xdist's workers do just that.

Every record type is taken from the examples of the rules on it, so a new one is covered when its first rule is.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from suites.core.discovery import rules
from suites.core.evidence import EvidenceStore
from suites.core.rule import Bad, Good, Rule
from tests.support.conformance_run import ROOT

ELSEWHERE = """
import json, sys
from pathlib import Path
from suites.core.discovery import rules
from suites.core.evidence import EvidenceStore
from suites.core.verdict import judge

store = EvidenceStore(Path(sys.argv[1]))
verdicts = {}
for rule in rules().values():
    for number in range(len(rule.good) + len(rule.bad)):
        verdict = judge(rule, "x", store.get(rule.record, f"{rule.id} {number}"))
        verdicts[f"{rule.id} {number}"] = [verdict.outcome, [finding.message for finding in verdict.findings]]
print(json.dumps(verdicts))
"""


def examples(rule: Rule) -> list[Good | Bad]:
    return [*rule.good, *rule.bad]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, list[str]]]:
    """The outcome and messages of every example of every rule, judged in a process that did not make the record."""
    folder = tmp_path_factory.mktemp("evidence")
    store = EvidenceStore(folder)
    for rule in rules().values():
        for number, example in enumerate(examples(rule)):
            store.put(f"{rule.id} {number}", {rule.record: [rule.record.parse(example.text)]}, "static")
    store.save()
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return {name: tuple(judged) for name, judged in json.loads(done.stdout).items()}


@pytest.mark.parametrize("record", sorted({rule.record.__name__ for rule in rules().values()}))
def test_every_record_type_can_be_pickled(elsewhere: dict[str, tuple[str, list[str]]], record: str) -> None:
    for rule in rules().values():
        if rule.record.__name__ != record:
            continue
        for number, example in enumerate(examples(rule)):
            outcome, messages = elsewhere[f"{rule.id} {number}"]
            wanted = list(example.messages) if isinstance(example, Bad) else []
            assert messages == wanted, f"{rule.id} {number}"
            assert outcome == ("pass" if not wanted else "fail" if rule.level == "MUST" else "warn")


def test_a_run_in_one_process_writes_no_evidence(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "evidence")
    store.put("shop", {int: [1]}, "live")
    assert not (tmp_path / "evidence").exists()
