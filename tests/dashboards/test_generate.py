"""The dashboards are made from their descriptions, and link metrics and logs by labels that both have."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fixtures.catalog import load
from stack.grafana import generate
from stack.grafana.generate import HERE, dashboard, outputs, stale
from stack.records.dashboards.shown import ShownMetrics
from stack.text.plain_yaml import plain_yaml
from suites.core.discovery import in_area
from suites.core.evidence import Evidence
from suites.core.verdict import judge
from suites.dashboards.collect.files import dashboards
from suites.run import target_files
from tests.dashboards.boards import STACK

SHARED: dict[str, Any] = {"variables": {}, "annotations": {}, "links": []}


def test_the_dashboards_are_fresh() -> None:
    assert [str(path.relative_to(HERE)) for path in stale()] == [], "run `make dashboards`"


@pytest.mark.parametrize("change", ["edited", "missing", "extra"])
def test_a_file_that_differs_from_its_description_is_stale(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "DASHBOARDS", tmp_path)
    generate.main()
    assert not stale()
    path = min(outputs())
    if change == "edited":
        path.write_text(path.read_text(encoding="utf-8").replace('"refresh": "30s"', '"refresh": "1s"'), "utf-8")
    elif change == "missing":
        path.unlink()
    else:
        path = tmp_path / "services" / "by-hand.json"
        path.write_text("{}", encoding="utf-8")
    assert stale() == [path]


def test_panels_are_laid_in_lines_below_their_row() -> None:
    panel = {"title": "P", "description": "D", "unit": "s", "query": "a", "size": [12, 5]}
    source = {
        "title": "T",
        "description": "D",
        "variables": [],
        "rows": [{"title": "R", "panels": [panel] * 3}, {"title": "S", "panels": [panel]}],
    }
    places = [panel["gridPos"] for panel in dashboard("t", source, SHARED)["panels"]]
    assert [(place["x"], place["y"]) for place in places] == [(0, 0), (0, 1), (12, 1), (0, 6), (0, 11), (0, 12)]


def test_an_alert_that_a_dashboard_names_is_there() -> None:
    rules = [*STACK.glob("prometheus/rules/*.yml"), *STACK.glob("loki/rules/*/*.yml")]
    known = set(re.findall(r"- alert: (\w+)", "".join(path.read_text(encoding="utf-8") for path in rules)))
    named = {name for text in outputs().values() for name in re.findall(r"[Aa]lert ([A-Z]\w+)", text)}
    assert "ErrorBudgetBurnsFast" in named
    assert named <= known


@pytest.mark.parametrize("path", sorted(outputs()), ids=lambda path: path.stem)
def test_rows_on_services_end_in_their_log_lines(path: Path) -> None:
    kinds = "".join(
        "|" if panel["type"] == "row" else panel["type"] + " " for panel in json.loads(outputs()[path])["panels"]
    )
    rows = [row.split() for row in kinds.split("|") if row]
    # Not about one service: machines, the stack, all lines, and the results of this suite.
    of_others = path.stem in ("system-overview", "stack-health", "logs", "conformance")
    assert rows
    assert all(
        row[-1] == "logs" for row in (rows if not of_others else [] if path.stem == "conformance" else rows[-1:])
    ), kinds


def test_metrics_and_logs_of_a_container_have_the_same_system_service_and_instance() -> None:
    compose = plain_yaml((target_files.ROOT / "stack/docker-compose.yml").read_text(encoding="utf-8"))["services"]
    checked = 0
    for path, text in target_files.outputs().items():
        for group in json.loads(text):
            labels, host = group["labels"], group["targets"][0].rpartition(":")[0]
            if host not in compose:
                continue  # the other agent is in a compose file of its own
            checked += 1
            # The agent takes `service` from compose's name of the service, `system` from the container's label.
            assert labels["service"] == host, path
            # The path of its file has no instance; else it is name and number, whatever the project is called.
            assert labels["instance"] == ("main" if host == "docaiche-api" else f"{host}-1"), path
            of_logs = compose[host]["labels"]
            named_by_path = of_logs.get("observability.logs") == "off"
            assert labels["system"] == of_logs["observability.system"] or named_by_path, path
    assert checked > 10


def test_every_metric_that_a_reference_service_promises_is_shown() -> None:
    boards = dashboards(target_files.ROOT / "stack")
    queries = [query.expr for board in boards for panel in board.panels for query in panel.queries]
    queries += [mark.expr for board in boards for mark in board.annotations]
    promised = [
        ShownMetrics(service.name, tuple(metric.name for metric in service.metrics.required), tuple(queries))
        for service in load(target_files.ROOT / "fixtures" / "services").services
    ]
    rule = next(one for one in in_area("dashboards") if one.record is ShownMetrics)
    assert [one.message for one in judge(rule, "grafana", Evidence(tuple(promised), "static")).findings] == []
