"""The pytest plugin, in real pytest runs: nothing is lost, with and without workers, and nothing is left behind."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reports.plugin import limits
from reports.writers import WRITERS

ROOT = Path(__file__).resolve().parents[2]

SUITE = """
import pytest

def verdict(rule, subject, outcome, **more):
    return {"rule": rule, "title": "T.", "level": "MUST", "area": "metrics", "subject": subject,
            "subject_kind": "service", "service": subject, "outcome": outcome, "evidence": "live", "reason": None,
            "source": "https://example.org/", "why": "", "waiver": None, "findings": [], "findings_total": 0,
            "duration_s": 0.1} | more

@pytest.fixture
def broken():
    raise RuntimeError("fixture fell over")

@pytest.fixture
def late():
    yield
    raise RuntimeError("teardown fell over")

@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_pass(record_property, name):
    record_property("verdict", verdict("metrics/ok", name, "pass"))

def test_fail(record_property):
    found = [{"message": "counter has no suffix", "where": {"line": 3}, "hint": "rename it"}]
    record_property("verdict", verdict("metrics/suffix", "alpha", "fail", findings=found, findings_total=1))
    pytest.fail("broken", pytrace=False)

def test_crash(record_property):
    record_property("verdict_subject", {"rule": "metrics/crashing", "subject": "beta", "service": "beta"})
    raise ZeroDivisionError("rule crashed")

def test_setup(broken):
    pass

@pytest.fixture
def judged(record_property):
    record_property("verdict", verdict("metrics/judged-in-setup", "beta", "error", reason="the rule broke"))
    raise RuntimeError("the rule broke")

def test_error_reported_in_setup(judged):
    pass

def test_fail_and_teardown(record_property, late):
    record_property("verdict", verdict("metrics/both", "alpha", "fail"))
    pytest.fail("broken", pytrace=False)

def test_workers_do_not_report(request):
    is_worker = hasattr(request.config, "workerinput")
    assert request.config.pluginmanager.has_plugin("conformance-report") != is_worker

def test_teardown(record_property, late):
    record_property("verdict", verdict("metrics/late", "beta", "pass"))

def test_skipped():
    pytest.skip("because Loki is down")

def test_contradiction(record_property):
    record_property("verdict", verdict("metrics/liar", "beta", "pass"))
    raise ValueError("failed after all")
"""

OPTIONS = """
def pytest_addoption(parser):
    parser.addoption("--fail-on", default="must")
    parser.addoption("--service", action="append")
    parser.addoption("--service-url", action="append")
    parser.addoption("--catalog")
    parser.addoption("--no-retention-trial", action="store_true")

"""


def run(folder: Path, *arguments: str, files: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder with the plugin and nothing of this checkout's configuration."""
    (folder / "suites").mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n", encoding="utf-8")
    for name, text in (files or {"suites/test_metrics.py": SUITE}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "reports.plugin", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def report_in(folder: Path, where: str = "reports/out") -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / where / "report.json").read_text(encoding="utf-8"))
    return report


def outcomes(report: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((verdict["rule"], verdict["outcome"]) for verdict in report["verdicts"])


FILES = {
    "suites/test_metrics.py": SUITE,
    "suites/logs/test_logs.py": "import nowhere\n",
    "tests/test_own.py": "def test_two():\n    assert 0\n",  # the suite's own: no verdict
}
EXPECTED = sorted(
    [
        ("metrics/ok", "pass"),
        ("metrics/ok", "pass"),
        ("metrics/suffix", "fail"),
        ("metrics/crashing", "error"),
        ("suites/test_metrics", "error"),  # the fixture that fell over
        ("metrics/late", "pass"),
        ("suites/test_metrics", "error"),  # its teardown
        ("suites/test_metrics", "not-evaluated"),
        ("metrics/liar", "pass"),
        ("suites/test_metrics", "error"),  # failed with a passing verdict
        ("metrics/judged-in-setup", "error"),  # once, though its setup failed too
        ("metrics/both", "fail"),
        ("logs/test_logs", "error"),  # cannot be imported
        ("suites/test_metrics", "error"),  # teardown after a failing verdict
    ]
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run without workers, and its folder; `--strict` is pytest's own and closes no gate."""
    folder = tmp_path_factory.mktemp("plain")
    options = ("--continue-on-collection-errors", "--strict", "--github", "--metrics-file", "suites/night.prom")
    return folder, run(folder, *options, files=FILES)


@pytest.mark.parametrize("workers", [False, True], ids=["plain", "xdist"])
def test_nothing_is_lost(workers: bool, tmp_path: Path, plain: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    arguments = ("--continue-on-collection-errors", "-n2")
    folder, done = (tmp_path, run(tmp_path, *arguments, files=FILES)) if workers else plain
    report = report_in(folder)
    assert done.returncode == report["gate"]["exit_code"] == 3, "a rule, a fixture and a module broke"
    assert outcomes(report) == EXPECTED
    assert report["gate"]["fail_on"] == "must"
    reasons = " ".join(str(verdict["reason"]) for verdict in report["verdicts"])
    for words in (
        "rule crashed",
        "fixture fell over",
        "teardown fell over",
        "because Loki is down",
        "failed after all",
        "No module named 'nowhere'",
    ):
        assert words in reasons
    assert {path.name for path in (folder / "reports/out").iterdir()} == {*WRITERS, "badges"} - {"badges/*.svg"}
    assert "counter has no suffix" in done.stdout
    assert "rename it" in done.stdout
    assert "report: reports/out/index.html" in done.stdout


def test_what_goes_beside_the_report(plain: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, done = plain
    lines = done.stdout.splitlines()
    stopped, resumed = (lines.index(line) for line in lines if re.fullmatch(r"::(stop-commands::)?\w{32}(::)?", line))
    assert stopped < lines.index("report: reports/out/index.html") < resumed
    assert [line for line in lines[stopped + 1 : resumed] if line.startswith("::")] == []
    assert "::error title=metrics/suffix on alpha::counter has no suffix%0Arename it" in lines[resumed + 1 :]
    metrics = (folder / "suites/night.prom").read_text(encoding="utf-8")
    assert "conformance_gate_passed 0\n" in metrics
    assert "last_success" not in metrics


def test_baseline_is_compared_even_where_the_new_report_replaces_it(
    plain: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = plain
    done = run(folder, "--baseline", "reports/out/report.json", "--continue-on-collection-errors", files=FILES)
    assert report_in(folder)["baseline"]["counts"]["still"] == 9
    assert "0 new, 0 fixed, 9 still failing" in done.stdout


def test_run_information_and_options_reach_the_report(tmp_path: Path) -> None:
    component = {"name": "loki", "provenance": "embedded", "version": None, "endpoint": None}
    info = {"started": "2026-01-01T00:00:00+00:00", "duration_s": 2, "components": [component]}
    (tmp_path / "run.json").write_text(json.dumps(info), encoding="utf-8")
    conftest = f"{OPTIONS}def pytest_configure(config):\n    config.obs_run_info = 'run.json'\n"
    arguments = ("--report-dir", "elsewhere", "--fail-on", "warning", "--service", "alpha", "-x")
    done = run(tmp_path, *arguments, files={"conftest.py": conftest, "suites/test_metrics.py": SUITE})
    report = report_in(tmp_path, "elsewhere")
    assert report["gate"]["fail_on"] == "warning"
    assert report["stack"]["components"][0]["provenance"] == "embedded"
    assert 2 <= report["duration_s"] < 600, "the run goes on after its evidence is in"
    assert "embedded (a stand-in of this suite, simulated): loki" in done.stdout
    assert report["suite"]["complete"] is False
    assert report["suite"]["scope"] == ["--service alpha", "stopping after 1 failures"]
    assert report["suite"]["selected_services"] == ["alpha"]
    assert "(partial run: --service alpha; stopping after 1 failures)" in done.stdout
    assert "stopped early" in " ".join(report["notes"])


@pytest.mark.parametrize(
    ("options", "paths", "found"),
    [
        ({"keyword": "a or b", "markexpr": "must"}, ["suites/"], ["-k a or b", "-m must"]),
        ({"service": ["a"], "service_url": ["b=http://h/"]}, ["suites"], ["--service a", "--service-url b"]),
        ({"catalog": "mine", "no_retention_trial": True}, ["."], ["--catalog mine", "--no-retention-trial"]),
        ({"ignore": ["suites/logs"], "deselect": ["x"], "lf": True}, ["."], ["--lf", "--deselect", "--ignore"]),
        ({}, ["suites/metrics", "suites/logs"], ["suites/metrics", "suites/logs"]),
        ({}, [".."], [".."]),
        ({}, [str(ROOT / "suites")], []),
    ],
)
def test_what_limits_a_run(options: dict[str, Any], paths: list[str], found: list[str]) -> None:
    config = SimpleNamespace(
        option=SimpleNamespace(**options), args=paths, rootpath=ROOT, invocation_params=SimpleNamespace(dir=ROOT)
    )
    assert limits(cast("pytest.Config", config)) == found


@pytest.mark.parametrize(
    ("arguments", "files", "code"),
    [
        ((), {"tests/test_own.py": "def test_one():\n    assert 0\n"}, 1),
        (("--co", "-q"), {"suites/test_metrics.py": SUITE}, 0),
    ],
    ids=["tests without verdicts", "tests listed only"],
)
def test_no_report_is_left_by(tmp_path: Path, arguments: tuple[str, ...], files: dict[str, str], code: int) -> None:
    assert run(tmp_path, *arguments, files=files).returncode == code
    assert not (tmp_path / "reports").exists()


def test_a_run_that_evaluates_nothing_does_not_look_green(tmp_path: Path) -> None:
    gap = SUITE.split("@pytest.fixture", 1)[0] + (
        "def test_gap(record_property):\n"
        "    record_property('verdict', verdict('metrics/gap', 'alpha', 'not-evaluated', reason='nothing answers'))\n"
        "    pytest.skip('nothing answers')\n"
    )
    done = run(tmp_path, files={"suites/test_metrics.py": gap})
    assert done.returncode == 6
    assert "Nothing could be evaluated" in done.stdout


def test_foreign_baseline_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"tests": []}', encoding="utf-8")
    done = run(tmp_path, "--baseline", "old.json")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "baseline old.json: is not a report.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_crashing_writer_fails_the_run_and_is_named(tmp_path: Path) -> None:
    conftest = (
        "from reports.writers import WRITERS\n"
        "def crash(report):\n    raise ValueError('boom')\n"
        "WRITERS['summary.md'] = crash\n"
    )
    passing = SUITE.split("def test_fail", 1)[0]
    done = run(
        tmp_path, "--metrics-file", "night.prom", files={"conftest.py": conftest, "suites/test_metrics.py": passing}
    )
    assert done.returncode == 3
    assert "conformance_exit_code 3\n" in (tmp_path / "night.prom").read_text(encoding="utf-8")
    assert "REPORT INCOMPLETE" in done.stdout
    assert "summary.md: not written, ValueError: boom" in done.stdout
    assert (tmp_path / "reports/out/index.html").exists()
