"""Every panel that may be empty was seen filled: by the requests of a run, or by a fault made for it."""

import json
from pathlib import Path

import pytest

from suites.dashboards.collect.files import read
from tests.dashboards.boards import STACK
from tests.support.conformance_run import finished
from tests.support.fills_panels import LEFT, declared
from tests.support.real_servers import need

NEEDED = ("prometheus", "loki", "promtail", "alertmanager", "node-exporter", "redis", "redis-exporter")


@pytest.mark.native
def test_each_panel_that_may_be_empty_is_filled_by_requests_or_a_fault(tmp_path: Path) -> None:
    need(*NEEDED)
    assert len(declared(read(STACK))) > 40
    left = tmp_path / "left.json"
    options = ("-p", "tests.support.fills_panels", "-k", "panels-have-data", "--stack=local", "--no-retention-trial")
    run = finished(tmp_path / "run", *options, env={LEFT: str(left)}, servers=True)
    assert left.exists(), run.output
    assert json.loads(left.read_text(encoding="utf-8")) == []
