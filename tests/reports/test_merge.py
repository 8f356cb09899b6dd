"""The report of all shards is that of the whole run, and of anything else there is none."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.__main__ import main
from reports.baseline import of_verdicts
from reports.contract import problems_of
from reports.exit_code import exit_code
from reports.merge import MergeError, merge
from reports.model import RunInfo, SuiteInfo, build
from reports.writers import WRITERS, files, json_writer
from tests.data.reports import sample

Reports = list[tuple[Path, dict[str, Any]]]
OF = 3
SAME = {"commit": "c0ffee", "options": "--stack attached", "services": "5e", "target": "7a", "ci_run": "19"}
VERDICTS = sample.realistic()
RUN = {**sample.run_info([*sample.SERVICES]), "started": "2026-01-02T02:17:00+00:00"}


def whole(**more: Any) -> dict[str, Any]:
    return build(VERDICTS, RunInfo(RUN), SuiteInfo(rerun="pytest suites/ -q"), **more)


def shards(**more: Any) -> Reports:
    """The same run in three parts: services in turn, what belongs to the stack in the first."""
    names = sorted(name for name, _, _ in sample.SERVICES)
    found: Reports = []
    for number in range(1, OF + 1):
        own = names[number - 1 :: OF]
        mine = [one for one in VERDICTS if one["service"] in own or (number == 1 and one["service"] is None)]
        run = {key: value for key, value in RUN.items() if number == 1 or key not in ("pictures", "timelines")}
        suite = SuiteInfo(
            rerun=f"pytest suites/ --shard {number}/{OF} -q",
            scope=(f"--shard {number}/{OF}",),
            shard={"number": number, "of": OF, "services": own, "same": SAME},
        )
        report = build(mine, RunInfo(run), suite, **more)
        report["gate"]["exit_code"] = exit_code(report, 0)
        assert problems_of(report) == []
        found.append((Path(f"{number}.json"), report))
    return found


def test_the_merged_report_is_that_of_the_whole_run() -> None:
    merged, code = merge(shards()[::-1], "python -m reports merge …")
    expected = whole()
    assert problems_of(merged) == []
    assert code == merged["gate"].pop("exit_code") == 3
    assert merged["suite"].pop("command") == "python -m reports merge …"
    assert merged["suite"] == {key: value for key, value in expected["suite"].items() if key != "command"}
    for part in expected.keys() - {"suite"}:
        assert merged[part] == expected[part], part
    for name in WRITERS:
        files(name, merged)


def test_no_shard_is_complete_and_all_together_are() -> None:
    parts = shards()
    assert [report["suite"]["complete"] for _, report in parts] == [False] * OF
    assert merge(parts, "")[0]["suite"]["complete"] is True
    parts[1][1]["suite"]["scope"].append("-k metrics")
    parts[1][1]["suite"]["complete"] = False
    assert merge(parts, "")[0]["suite"] | {"command": ""} == whole()["suite"] | {
        "command": "",
        "complete": False,
        "scope": ["-k metrics"],
    }


def changed(number: int, **same: str) -> Callable[[Reports], object]:
    return lambda parts: parts[number - 1][1]["suite"]["shard"]["same"].update(same)


def put(number: int, part: str, key: str, value: object) -> Callable[[Reports], object]:
    return lambda parts: parts[number - 1][1][part].update({key: value})


def doubled(parts: Reports) -> None:
    parts[2][1]["suite"]["shard"]["services"].append("storage")
    parts[0][1]["suite"]["shard"]["services"].append("storage")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda parts: parts.pop(1), "1 shard missing: 2/3"),
        (lambda parts: parts.__delitem__(slice(1, 3)), "2 shards missing: 2/3, 3/3"),
        (lambda parts: parts.append((Path("again.json"), parts[1][1])), "shard 2/3 is there twice: 2.json and again.j"),
        (lambda parts: parts.insert(1, (Path("w.json"), whole())), "w.json: is not the report of a shard (--shard)"),
        (lambda parts: parts[2][1]["suite"]["shard"].update(of=8), "3.json is one of 8 shards, 1.json one of 3"),
        (changed(2, commit="bad"), "1.json and 2.json are not shards of one run: they were made by different versions"),
        (changed(3, target="7b"), "1.json and 3.json are not shards of one run: their target files differ (7a and 7b)"),
        (changed(3, options="-k a"), "they were given different options (--stack attached and -k a)"),
        (changed(3, services="6"), "they know different services"),
        (changed(3, ci_run="18"), "they belong to different runs of the CI server (19 and 18)"),
        (put(2, "stack", "backend", "containers"), "their stacks ran in different ways"),
        (lambda parts: parts[1][1].update(started="2026-01-01T02:17:00+00:00"), "began more than 12 hours apart"),
        (doubled, "more than one shard judged storage"),
    ],
)
def test_what_is_not_all_shards_of_one_run_is_refused(damage: Callable[[Reports], object], said: str) -> None:
    parts = shards()
    damage(parts)
    with pytest.raises(MergeError) as refused:
        merge(parts, "")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("outcomes", "ends", "code"),
    [
        (("pass", "pass", "pass"), (0, 0, 0), 0),
        (("pass", "fail", "pass"), (0, 1, 0), 1),
        (("pass", "warn", "pass"), (0, 0, 0), 0),
        (("pass", "fail", "pass"), (0, 1, 2), 2),
        (("pass", "error", "fail"), (0, 3, 1), 3),
        (("pass", "pass", "pass"), (0, 0, 3), 3),
        # What a single shard could not judge at all is a gap of the whole run, as it would have been without shards.
        (("pass", "not-evaluated", "pass"), (0, 6, 0), 0),
        (("not-evaluated", "not-evaluated", "not-evaluated"), (6, 6, 6), 6),
        (("pass", "down", "pass"), (0, 6, 0), 6),
        (("pass", "down", "fail"), (0, 6, 1), 1),
    ],
)
def test_the_exit_code_is_that_of_the_whole_run(outcomes: tuple[str, ...], ends: tuple[int, ...], code: int) -> None:
    parts: Reports = []
    for number, (outcome, end) in enumerate(zip(outcomes, ends, strict=True), 1):
        down = {"because_of": "loki"} if outcome == "down" else {}
        found = sample.verdict(number, f"s{number}", "not-evaluated" if down else outcome, **down)
        shard = {"number": number, "of": OF, "services": [f"s{number}"], "same": SAME}
        report = build([found], RunInfo({"started": RUN["started"]}), SuiteInfo(scope=("--shard",), shard=shard))
        report["gate"]["exit_code"] = end
        parts.append((Path(f"{number}.json"), report))
    merged, found_code = merge(parts, "")
    assert found_code == merged["gate"]["exit_code"] == code
    assert merged["gate"]["passed"] is (not {"fail", "error", "down"} & {*outcomes} and "pass" in outcomes)


def test_what_changed_since_a_baseline_is_that_of_the_whole_run() -> None:
    known = copy.deepcopy([one for one in VERDICTS if one["outcome"] in ("fail", "warn", "error")])[::2]
    known.append({**sample.verdict(1, "gone-service", "fail"), "subject": "gone-service"})
    earlier = of_verdicts("night.json", "2026-01-01T00:00:00+00:00", known)
    merged, _ = merge(shards(baseline=earlier), "")
    expected = whole(baseline=earlier)
    assert merged["baseline"] == expected["baseline"]
    assert merged["baseline"]["gone"], "what no shard judges any more"
    assert all(merged["baseline"]["counts"][change] for change in ("new", "still"))


def test_the_command_writes_every_format_and_ends_as_the_run(tmp_path: Path) -> None:
    for path, report in shards():
        (tmp_path / path).write_text(json_writer.render(report), encoding="utf-8")
    inputs = [str(tmp_path / f"{number}.json") for number in (1, 2, 3)]
    beside = ["--history", str(tmp_path / "h.json"), "--metrics-file", str(tmp_path / "m.prom")]
    assert main(["merge", *inputs, "--report-dir", str(tmp_path / "out"), *beside]) == 3
    report = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert report["verdicts"] == whole()["verdicts"]
    assert len(report["history"]["runs"]) == 1
    assert report["suite"]["command"].startswith("python -m reports merge ")
    assert "conformance_exit_code 3\n" in (tmp_path / "m.prom").read_text("utf-8")


def test_a_missing_shard_is_wrong_usage_and_leaves_no_report(tmp_path: Path) -> None:
    for path, report in shards():
        (tmp_path / path).write_text(json_writer.render(report), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "reports", "merge", tmp_path / "1.json", tmp_path / "3.json", "--report-dir", tmp_path],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (4, "1 shard missing: 2/3\n")
    assert not (tmp_path / "report.json").exists()
