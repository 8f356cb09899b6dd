"""What is ready to copy names options, files and packages that exist."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from stack.backends.attached.target_file import TargetFile
from tests.support.import_graph import imports, modules

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"
LATER = {
    "asyncssh": "only the trial of a terminal does, on a console of the run's own, and says so",
    "playwright": "only a run that draws dashboards needs it, and says so",
    "testcontainers": "only --stack containers does",
}
"""Packages that a run without containers and browser does without."""


def test_the_packages_of_a_run_are_those_that_its_modules_import() -> None:
    needed = {
        top
        for name in modules()
        if not name.startswith("stack.console")
        for top in imports(name) - modules().keys() - LATER.keys() - sys.stdlib_module_names
        if top not in ("stack", "suites", "fixtures", "reports")
    }
    owners = packages_distributions()
    pins = pinned("run.txt")
    missing = {top for top in needed if not {name.lower().replace("_", "-") for name in owners[top]} & pins.keys()}
    assert missing == set(), "add them to requirements/run.in, and run `make lock`"
    assert pins.items() <= pinned("dev.txt").items()
    asked = set(re.findall(r"^[a-z][\w.-]*$", (ROOT / "requirements/run.in").read_text("utf-8"), re.MULTILINE))
    assert asked <= pins.keys()


def pinned(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


def test_options_in_the_examples_exist(pytestconfig: pytest.Config) -> None:
    groups = pytestconfig._parser._groups  # pytest has no public name for them
    known = {name for group in groups for option in group.options for name in option.names()}
    ours = {
        name for group in groups if group.name == "conformance" for option in group.options for name in option.names()
    }
    options = (ROOT / "docs/adopt.md").read_text("utf-8").partition("## Options")[2]
    assert set(re.findall(r"`(--[a-z-]+)`", options)) - {"--help"} == ours
    files = [path for path in EXAMPLES.rglob("*.y*ml") if path.parent.name != "sidecar" and path.name != "action.yml"]
    texts = [path.read_text("utf-8") for path in files]
    texts += [path.read_text("utf-8") for path in (ROOT / ".pre-commit-hooks.yaml", ROOT / ".ci/pre-commit")]
    texts.append((EXAMPLES / "systemd/conformance.service").read_text("utf-8"))
    used = {
        option
        for text in texts
        for line in text.splitlines()
        if "gh pr" not in line and "git rev-parse" not in line
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", line.partition(" #")[0])
        if not line.lstrip().startswith("#")
    }
    assert len(used) >= 6
    assert used <= known


@pytest.mark.parametrize(
    ("arguments", "merge", "expected"),
    [
        ("", "", []),  # an empty word would be the folder of the caller, with tests of its own
        ("--alerts 'my rules' -k \"a or b\"", "", ["--alerts", "my rules", "-k", "a or b"]),
        ("", "shards/*/report.json", ["merge", "shards/1/report.json", "shards/2/report.json"]),
        ("", "none/*.json", ["merge", "none/*.json"]),
    ],
)
def test_the_action_passes_its_arguments_on(tmp_path: Path, arguments: str, merge: str, expected: list[str]) -> None:
    for number in (1, 2):
        (tmp_path / f"shards/{number}").mkdir(parents=True)
        (tmp_path / f"shards/{number}/report.json").touch()
    command = tmp_path / "suite/.ci/conformance"
    command.parent.mkdir(parents=True)
    (tmp_path / "suite/docs/examples/github").mkdir(parents=True)
    command.write_text('#!/bin/sh\nfor word; do echo "$word"; done\nexit 3\n', encoding="utf-8")
    command.chmod(0o755)
    steps = yaml.safe_load((EXAMPLES / "github/action.yml").read_text("utf-8"))["runs"]["steps"]
    (script,) = [step["run"] for step in steps if step.get("id") == "judge"]
    variables = {
        "GITHUB_ACTION_PATH": str(tmp_path / "suite/docs/examples/github"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "CONFORMANCE_PYTHON": sys.executable,
        "ARGUMENTS": arguments,
        "MERGE": merge,
        "REPORT_DIR": "a report",
    }
    done = subprocess.run(
        ["/usr/bin/env", "bash", "-e", "-o", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [*expected, "--report-dir", "a report"], done.stderr
    assert done.returncode == 3
    assert (tmp_path / "output").read_text("utf-8") == "exit-code=3\n"


def test_the_target_file_of_the_cronjob_is_one(tmp_path: Path) -> None:
    documents = list(yaml.safe_load_all((EXAMPLES / "kubernetes/cronjob.yaml").read_text("utf-8")))
    (tmp_path / "live.yaml").write_text(documents[0]["data"]["live.yaml"], encoding="utf-8")
    pod = documents[2]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    variables = {variable["name"]: "x" for variable in pod["containers"][0]["env"]}
    target = TargetFile.load(tmp_path / "live.yaml", variables)
    assert set(target.endpoints) == {"prometheus", "loki", "alertmanager", "grafana"}
    assert all(".monitoring.svc:" in url for url in target.endpoints.values())


def test_files_that_the_image_takes_exist_and_its_user_is_not_root() -> None:
    text = (EXAMPLES / "container/Dockerfile").read_text("utf-8")
    taken = [name for line in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE) for name in line.split()]
    assert {"suites", "stack", "reports", ".ci/conformance"} <= set(taken)
    assert [name for name in taken if not (ROOT / name).exists()] == []
    allowed = (EXAMPLES / "container/Dockerfile.dockerignore").read_text("utf-8")
    assert [name for name in taken if f"!{name}" not in allowed] == []
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE) == ["65532:65532"]


def test_the_command_runs_from_any_folder_with_paths_of_that_folder(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/a.yml").write_text("groups: [{name: a, rules: [{alert: A, expr: '(up'}]}]\n", encoding="utf-8")
    (tmp_path / "conformance").symlink_to(ROOT / ".ci/conformance")
    done = subprocess.run(
        [tmp_path / "conformance", "--alerts", "rules", "--report-dir", "report", "-q", "-k", "expressions-parse"],
        cwd=tmp_path,
        env={**os.environ, "CONFORMANCE_PYTHON": sys.executable, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "`A`: unclosed left parenthesis" in done.stdout
    again = json.loads((tmp_path / "report/report.json").read_text("utf-8"))["suite"]["rerun"]
    options = "--alerts rules --report-dir report -q -k expressions-parse"
    assert again == f"cd {tmp_path} && {tmp_path}/conformance {options}"
    log = json.loads((tmp_path / "report/conformance.sarif").read_text("utf-8"))["runs"][0]
    place = log["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("rules/a.yml", 1)
