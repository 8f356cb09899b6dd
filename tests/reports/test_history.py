"""The history of runs: bounded, safe with several runs at once, and what flaps in it."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from reports import history
from reports.contract import problems_of
from reports.history import FINDINGS, RUNS, load, record
from reports.model import SuiteInfo, build
from reports.writers import html_writer, json_writer, terminal
from tests.data.reports.sample import verdict


def run(*names: str, outcome: str = "fail", scope: tuple[str, ...] = (), rule: int = 1) -> dict[str, Any]:
    """The report of a run that found these names to be bad."""
    findings = [{"message": f"`{name}` is bad"} for name in names]
    found = verdict(rule, "shop", outcome if names or outcome != "fail" else "pass", findings=findings)
    return build([found, verdict(2, "shop", "pass")], suite=SuiteInfo(scope=scope))


def recorded(path: Path, *runs: dict[str, Any]) -> dict[str, Any]:
    for report in runs:
        assert record(path, report) == ""
        assert problems_of(report) == []
    return runs[-1]


GAP = run(outcome="not-evaluated")


@pytest.mark.parametrize(
    ("runs", "changes"),
    [
        ([run("a")] * 10, None),
        ([run("a"), run(), run("a"), run()], 3),
        ([run("a"), run(), run("a")], None),
        ([run("a"), GAP, run("a"), GAP, run("a"), GAP], None),
        ([run("a"), run(), GAP, run("a"), GAP, run()], 3),
        ([run("a"), run(), run("a"), run()] + [run()] * 7, None),
        ([run("a", "b"), run("b"), run("a", "b"), run("b")], 3),
        ([run("a"), run("a", outcome="waived"), run("a"), run("a", outcome="waived")], None),
        ([run("a"), run("a", outcome="error"), run("a"), run("a", outcome="error"), run("a")], None),
    ],
    ids=["still", "flaps", "twice", "gaps", "flaps with gaps", "long ago", "one of two", "waived", "error"],
)
def test_what_flaps(tmp_path: Path, runs: list[dict[str, Any]], changes: int | None) -> None:
    """Three changes in the last ten runs, not counting runs that could not judge it, nor a waiver."""
    last = recorded(tmp_path / "h.json", *map(dict, runs))
    assert [item["changes"] for item in last["history"]["flapping"]] == ([changes] if changes else [])
    text = " ".join(terminal.render(last, 200).split())
    assert ("appeared or disappeared at least 3 times in the last 10 runs" in text) is bool(changes)
    assert ("1 finding flapping" in text) is bool(changes)


def test_the_report_has_the_trend_of_each_service_and_rule(tmp_path: Path) -> None:
    last = recorded(tmp_path / "h.json", run("a", "b"), run(), GAP, run("a", scope=("-k x",)), run("c"))
    shown = last["history"]
    (rule,) = shown["rules"].values()
    assert rule == [2, 0, None, 1, 1]
    assert [counts[0] for counts in shown["services"]["shop"]] == [1, 0, 0, 1, 1]
    assert [counts[2] for counts in shown["services"]["shop"]] == [0, 0, 1, 0, 0]
    assert [one["complete"] for one in shown["runs"]] == [True, True, True, False, True]
    page = html_writer.render(json.loads(json_writer.render(last)))
    assert "shop, fails + warnings in 5 runs, the oldest first: 1+0, 0+0, 0+0, 1+0, 1+0" in page
    assert "findings in 5 runs, the oldest first: 2, 0, not judged, 1, 1" in page
    assert page.index('id="services"') < page.index('id="trend"')  # what is wrong now comes first
    first = html_writer.render(json.loads(json_writer.render(recorded(tmp_path / "first.json", run("a")))))
    assert 'id="trend"' not in first


def test_it_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    for number in range(3 * RUNS):
        recorded(path, run(f"name_{chr(97 + number % 26)}{chr(97 + number // 26)}"))
    kept = load(path)
    assert len(kept.runs) == len(kept.findings) == RUNS
    names = [f"{number:016x}" for number in range(FINDINGS + 100)]
    many = build([verdict(1, "shop", "fail", findings=[{"message": "m"}], unlisted=names)])
    recorded(path, many)
    assert len(load(path).findings) == FINDINGS
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read as JSON"),
        ("[" * 100_000, "cannot be read as JSON"),
        ('{"format": 7, "runs": [], "findings": []}', "is no history that this version can read"),
        (
            '{"format": 1, "runs": [], "findings": [["a/b", "s", null, "0", "xx"]]}',
            "has 0 runs, but 2 states of a/b",
        ),
    ],
)
def test_a_broken_file_is_kept_and_named_and_a_new_one_begins(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "h.json"
    path.write_text(text, encoding="utf-8")
    report = run("a")
    problem = record(path, report)
    assert problem.startswith(f"{path}: {words}")
    assert problem.endswith("it is kept as h.json.unreadable, and a new history begins")
    assert (tmp_path / "h.json.unreadable").read_text(encoding="utf-8") == text
    assert len(load(path).runs) == len(report["history"]["runs"]) == 1


def test_runs_that_end_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    reports = [run("a") for _ in range(12)]
    threads = [threading.Thread(target=record, args=(path, report)) for report in reports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(load(path).runs) == 12
    assert set(load(path).findings.values()) == {"x" * 12}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    report = run("a")
    assert "not extended (" in record(tmp_path / "file" / "h.json", report)
    assert report["history"] is None
    monkeypatch.setattr(history, "LOCK_S", 0.0)
    with FileLock(tmp_path / ".h.json.lock"):
        thread_said: list[str] = []
        thread = threading.Thread(target=lambda: thread_said.append(record(tmp_path / "h.json", report)))
        thread.start()
        thread.join()
    assert thread_said == [f"{tmp_path / 'h.json'}: not extended, another run has had it open for 0 s"]
