"""Adding one of each kind of thing touches as many files as docs/contributing.md says, and is then judged."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = shutil.ignore_patterns("__pycache__", "out", ".*_cache")
PARTS = ("conftest.py", "docs", "fixtures", "pyproject.toml", "reports", "schemas", "stack", "suites", "tests")

RULE = '''\
"""Metric names do not end in `_value`.

The suffix says nothing that the type does not say.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("# TYPE temperature_celsius gauge\\ntemperature_celsius 1\\n"),
    Bad("# TYPE temperature_value gauge\\ntemperature_value 1\\n", "`temperature_value` ends in `_value`"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    if not family.samples:
        raise NotApplicable("the metric has no samples")
    if family.name.endswith("_value"):
        yield Finding(f"`{family.name}` ends in `_value`")
'''
SERVICE = """\
name: checkout
system: shop
owner: {team: Shop, contact: shop@example.com}
start: {attached: {url: "http://127.0.0.1:8080"}}
metrics: {}
"""
DASHBOARD = """\
{
 "uid": "checkout", "title": "Checkout", "schemaVersion": 41,
 "panels": [{"id": 1, "type": "timeseries", "title": "Requests",
   "datasource": {"type": "prometheus", "uid": "prometheus"},
   "targets": [{"refId": "A", "expr": "sum(rate(http_requests_total[$__rate_interval]))"}]}]
}
"""
ROW = """\
    ComponentInfo(
        "pushgateway",
        binaries=("pushgateway",),
        get=PACKAGED,
        image="prom/pushgateway",
        tag="v1.11.0",
        port=9091,
        ready_path="/-/ready",
        version_json=("/api/v1/status", "data", "build_information", "version"),
        required=False,
    ),
    ComponentInfo(
        "alloy","""
COMPOSE = """\
  pushgateway:
    <<: *service
    image: ${PUSHGATEWAY_IMAGE:-prom/pushgateway:v1.11.0}
    user: "65534:65534"
    healthcheck:
      <<: *healthcheck
      test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9091/-/ready"]
    mem_limit: ${PUSHGATEWAY_MEMORY:-64m}
    pids_limit: 64

  gateway:
    <<: *service"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tmp_path / part, ignore=LEFT_OUT)
        else:
            shutil.copy(source, tmp_path / part)
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} has {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def rule(project: Path) -> None:
    (project / "suites/metrics/rules/no_value_suffix.py").write_text(RULE, encoding="utf-8")


def service(project: Path) -> None:
    folder = project / "fixtures/services/checkout"
    folder.mkdir()
    (folder / "service.yaml").write_text(SERVICE, encoding="utf-8")


def dashboard(project: Path) -> None:
    (project / "stack/grafana/dashboards/checkout.json").write_text(DASHBOARD, encoding="utf-8")


def component(project: Path) -> None:
    stack = project / "stack"
    replace(stack / "components.py", '    ComponentInfo(\n        "alloy",', ROW)
    replace(stack / "components.py", "import BUILT, DOWNLOADED,", "import BUILT, DOWNLOADED, PACKAGED,")
    replace(stack / "docker-compose.yml", "  gateway:\n    <<: *service", COMPOSE)
    with (stack / ".env.example").open("a", encoding="utf-8") as file:
        file.write("#PUSHGATEWAY_IMAGE=prom/pushgateway:v1.11.0\n#PUSHGATEWAY_MEMORY=64m\n")
    row = "| node-exporter | 1.12.1 |"
    replace(project / "docs/real-servers.md", row, f"| pushgateway | 1.11.0 | Apache 2.0 | releases |\n{row}")


@pytest.mark.parametrize(
    ("add", "generate", "proof"),
    [
        pytest.param(
            rule, "suites.run.rule_pages", ("tests/rules", "tests/test_docs.py", "-k", "value or fresh"), id="rule"
        ),
        pytest.param(service, "suites.run.target_files", ("suites", "--collect-only", "-k", "checkout"), id="service"),
        pytest.param(
            dashboard, None, ("suites/dashboards", "--collect-only", "-k", "checkout and datasource"), id="dashboard"
        ),
        pytest.param(
            component,
            "suites.run.target_files",
            ("tests/stack/test_components.py", "tests/compose/test_compose_file.py", "tests/test_docs.py"),
            id="component",
        ),
    ],
)
def test_adding_one_touches_as_many_files_as_said(
    project: Path, add: object, generate: str | None, proof: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    assert callable(add)
    kind = request.node.callspec.id
    before = contents(project)
    add(project)
    touched = {name for name, text in contents(project).items() if before.get(name) != text}
    guide = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
    (said,) = re.findall(rf"## Adding a {kind}\n\nIt touches (\d+) file", guide)
    assert len(touched) == int(said), touched
    if generate is not None:
        run(project, "-m", generate)
    run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", *proof)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(project: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-B", *arguments], cwd=project, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
