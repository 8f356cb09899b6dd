"""A run in shards is the run: each service and the stack are judged once, and the merged report is that of one run."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from fixtures.broken._miniature.endpoints import BEHAVIOURS
from fixtures.broken._miniature.loopback_server import serving
from reports.__main__ import main
from reports.earlier import read_report
from stack.backends.ports import free_port
from stack.backends.process import HttpReady, ProcessSpec, start
from tests.support.conformance_run import ROOT, finished
from tests.support.real_servers import need
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


RULES = {
    "groups": [
        {"name": "shop", "rules": [{"alert": f"{job}Down", "expr": f'up{{job="{job}"}} == 0'} for job in ENDPOINTS]}
    ]
}


def used(report: dict[str, Any]) -> dict[str, dict[str, list[tuple[str, int | None]]]]:
    """What uses the data of each service, with how many there are."""
    return {
        service["name"]: {
            kind: [(stage["name"], stage["count"]) for stage in stages]
            for kind, stages in service["measures"]["chain"].items()
        }
        for service in report["services"]
    }


def test_what_uses_the_data_of_a_service_is_the_same_in_the_merged_report(tmp_path: Path) -> None:
    """Panels and alerts are the stack's: a shard that does not judge it asks for those that use its services' data."""
    (binary,) = need("prometheus")
    (tmp_path / "rules.yml").write_text(json.dumps(RULES), encoding="utf-8")
    with serving(BEHAVIOURS) as server:
        address, url = f"127.0.0.1:{server.port}", f"http://127.0.0.1:{free_port()}"
        jobs = [
            {"job_name": name, "metrics_path": "/good", "static_configs": [{"targets": [address]}]}
            for name in ENDPOINTS
        ]
        config = {"global": {"scrape_interval": "1s"}, "rule_files": ["rules.yml"], "scrape_configs": jobs}
        (tmp_path / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
        argv = (
            *(str(binary.path), f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"),
            f"--web.listen-address={url.partition('://')[2]}",
        )
        running = start(ProcessSpec("prometheus", argv, tmp_path, tmp_path / "log", ready=HttpReady(f"{url}/-/ready")))
        try:
            running.wait_ready(60)
            services = {name: {"url": f"http://{address}", "metrics": "/good", "job": name} for name in ENDPOINTS}
            target = {"prometheus": url, "files": str(ROOT / "stack"), "services": services}
            (tmp_path / "target.yaml").write_text(json.dumps(target), encoding="utf-8")
            asked = ("--stack=attached", f"--target={tmp_path}/target.yaml")
            whole, *parts = (
                finished(tmp_path / part.replace("/", "-"), *asked, *([f"--shard={part}"] if part else []))
                for part in ("", "1/2", "2/2")
            )
        finally:
            running.kill()
    main(["merge", *(str(part.folder / "report.json") for part in parts), "--report-dir", str(tmp_path / "merged")])
    expected = used(whole.report)
    counts = [dict(chains["metrics"]) for chains in expected.values()]
    assert all(each["alerts"] and each["panels"] and each["stored"] for each in counts), counts
    assert used(read_report(tmp_path / "merged/report.json")) == expected


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
