"""A run in shards is the run: each service and the stack are judged once, and the merged report is that of one run."""

from collections import Counter
from pathlib import Path

import pytest

from fixtures.broken._miniature.endpoints import BEHAVIOURS
from fixtures.broken._miniature.loopback_server import serving
from reports.__main__ import main
from reports.earlier import read_report
from stack.backends.ports import free_port
from tests.support.conformance_run import finished
from tests.support.soak import differences, verdicts_of

ENDPOINTS = {"alpha": "good", "beta": "html", "gamma": "good"}


def test_shards_of_a_run_merge_into_its_report(tmp_path: Path) -> None:
    """Attached to services that answer and a Prometheus that does not: breaches, gaps and a root cause in each."""
    with serving(BEHAVIOURS) as server:
        services = "".join(
            f"  {name}: {{url: http://127.0.0.1:{server.port}, metrics: /{path}}}\n" for name, path in ENDPOINTS.items()
        )
        target = tmp_path / "target.yaml"
        target.write_text(f"prometheus: http://127.0.0.1:{free_port()}\nservices:\n{services}", encoding="utf-8")
        asked = ("--stack=attached", f"--target={target}")
        whole = finished(tmp_path / "whole", *asked)
        parts = [
            finished(tmp_path / "1", *asked, "--shard=1/2"),
            finished(tmp_path / "2", *asked, "--shard=2/2", "-n2"),
        ]
    assert [sorted({one["service"] or "" for one in part.report["verdicts"]}) for part in parts] == [
        ["", "alpha", "gamma"],
        ["beta"],
    ]
    assert "(partial run: --shard 2/2)" in parts[1].output
    assert not parts[0].report["suite"]["complete"]
    inputs = [str(part.folder / "report.json") for part in parts]
    assert main(["merge", *inputs, "--report-dir", str(tmp_path / "merged")]) == whole.code == 1
    merged = read_report(tmp_path / "merged/report.json")
    assert [*differences([verdicts_of(whole.report), verdicts_of(merged)])] == []
    assert Counter((one["rule"], one["subject"]) for one in merged["verdicts"]).most_common(1)[0][1] == 1
    assert merged["gate"] == whole.report["gate"]
    assert merged["suite"]["complete"]
    scores = [[(one["name"], one["score"], one["counts"]) for one in run["services"]] for run in (whole.report, merged)]
    assert scores[0] == scores[1]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--shard=4/3"], "--shard '4/3': expected NUMBER/OF, from 1/8 to 8/8 for eight shards"),
        (["--shard=1/900"], "--shard 1/900: the run has "),
        (["--shard=1/2", "--history=h.json"], "--history is for whole runs: give it to `python -m reports merge`"),
        (["--shard=1/2", "--metrics-file=m.prom"], "--metrics-file is for whole runs"),
        (["--shard=1/2", "--alerts=stack/prometheus/rules"], "--shard is for services, and --alerts judges none"),
    ],
)
def test_what_no_shard_can_be_is_wrong_usage(more: list[str], said: str, tmp_path: Path) -> None:
    run = finished(tmp_path, "--stack=local", *more)
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert said in run.output
