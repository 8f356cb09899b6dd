"""CI compares what a run rested on with what it must rest on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "evidence.py"


def report(path: Path, evidence: str, outcome: str = "pass") -> Path:
    components = [{"name": "prometheus", "provenance": "native"}, {"name": "loki", "provenance": "embedded"}]
    verdict = {"rule": "logs/delivered-exactly-once", "outcome": outcome, "evidence": evidence}
    path.write_text(json.dumps({"stack": {"components": components}, "verdicts": [verdict]}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("wanted", "outcome", "says"),
    [
        (["simulated", "prometheus=native", "loki=embedded", "alloy=absent"], "pass", ""),
        (["none"], "not-evaluated", ""),
        (["live"], "pass", "logs/delivered-exactly-once rests on ['simulated'] instead of live"),
        (["none"], "pass", "logs/delivered-exactly-once rests on ['simulated'] instead of none"),
        (["simulated"], "not-evaluated", "logs/delivered-exactly-once rests on nothing instead of simulated"),
        (["simulated", "loki=native"], "pass", "loki is embedded instead of native"),
        (["simulated", "alloy=native"], "pass", "alloy is absent instead of native"),
    ],
)
def test_what_differs_is_named(wanted: list[str], outcome: str, says: str, tmp_path: Path) -> None:
    path = report(tmp_path / "report.json", "simulated", outcome)

    done = subprocess.run([sys.executable, SCRIPT, path, *wanted], capture_output=True, text=True, check=False)

    assert done.returncode == (1 if says else 0), done.stdout
    assert says in done.stdout
