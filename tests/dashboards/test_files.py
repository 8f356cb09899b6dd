"""Dashboard files, judged without anything that runs: cases from outside, and values of wrong types in every place."""

import json
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from stack.records.dashboards.dashboard import Dashboard, Surroundings
from suites.core.discovery import in_area
from suites.core.evidence import Evidence
from suites.core.rule import Level
from suites.core.verdict import judge
from suites.dashboards.collect.files import dashboards, datasources, scrape_interval
from tests.support.damage import places, put

ROOT = Path(__file__).parents[2]
STACK = ROOT / "stack"
CASES = ROOT / "tests/data/cases/dashboards"
RULES = [rule for rule in in_area("dashboards") if rule.record is Dashboard]
WRONG: tuple[Any, ...] = (7, "text", [1], {"a": 1}, None)


@cache
def shipped() -> Surroundings:
    return Surroundings(tuple(datasources(STACK)[0]), scrape_interval(STACK))


def findings(dashboard: Dashboard) -> list[tuple[str, Level, str]]:
    """Rule, level and message of everything that is found; a rule that breaks fails the test."""
    found = []
    for rule in RULES:
        verdict = judge(rule, dashboard.subject, Evidence((dashboard,), "static"))
        assert verdict.outcome != "error", f"{rule.id}: {verdict.reason}"
        found += [(rule.id, rule.level, finding.message) for finding in verdict.findings]
    return found


@pytest.mark.parametrize(
    "case", json.loads((CASES / "cases.json").read_text(encoding="utf-8")), ids=lambda case: str(case["case"])
)
def test_cases_from_outside(case: dict[str, Any]) -> None:
    text = (CASES / case["files"][0]).read_text(encoding="utf-8")
    found = findings(Dashboard.read(text, "board.json").within(shipped()))
    musts = [(rule, message) for rule, level, message in found if level is Level.MUST]
    if case["right"] == "clean":
        assert musts == []
        words = [f"{rule} {message}" for rule, _, message in found]
        assert not [text for text in words for pattern in case.get("must_not", ()) if re.search(pattern, text)]
    else:
        ((rule, message),) = musts
        assert any(re.search(pattern, f"{rule} {message}") for pattern in case["keywords"])


V2 = {
    "apiVersion": "dashboard.grafana.app/v2beta1",
    "kind": "Dashboard",
    "metadata": {"name": "v2"},
    "spec": {
        "title": "Second schema",
        "annotations": [{"kind": "AnnotationQuery", "spec": {"name": "Deploys", "query": {"spec": {"expr": "up"}}}}],
        "variables": [
            {
                "kind": "QueryVariable",
                "spec": {
                    "name": "job",
                    "multi": True,
                    "refresh": "onTimeRangeChanged",
                    "current": {"text": "a", "value": ["a"]},
                    "query": {
                        "kind": "DataQuery",
                        "group": "prometheus",
                        "datasource": {"name": "prometheus"},
                        "spec": {"query": "label_values(up, job)"},
                    },
                },
            }
        ],
        "elements": {
            "panel-1": {
                "kind": "Panel",
                "spec": {
                    "id": 1,
                    "title": "Up",
                    "data": {
                        "kind": "QueryGroup",
                        "spec": {
                            "queries": [
                                {
                                    "kind": "PanelQuery",
                                    "spec": {
                                        "refId": "A",
                                        "hidden": False,
                                        "query": {
                                            "kind": "DataQuery",
                                            "group": "prometheus",
                                            "datasource": {"name": "prometheus"},
                                            "spec": {"expr": 'up{job="$job"}'},
                                        },
                                    },
                                }
                            ],
                            "queryOptions": {"interval": "1m"},
                        },
                    },
                    "vizConfig": {"group": "stat", "spec": {"fieldConfig": {"defaults": {"unit": "short"}}}},
                },
            }
        },
        "layout": {
            "kind": "RowsLayout",
            "spec": {
                "rows": [
                    {
                        "kind": "RowsLayoutRow",
                        "spec": {
                            "title": "Row",
                            "layout": {
                                "kind": "GridLayout",
                                "spec": {
                                    "items": [
                                        {
                                            "kind": "GridLayoutItem",
                                            "spec": {
                                                "x": 0,
                                                "y": 0,
                                                "width": 12,
                                                "height": 8,
                                                "element": {"name": "panel-1"},
                                            },
                                        }
                                    ]
                                },
                            },
                        },
                    }
                ]
            },
        },
    },
}
ROWS = {
    "uid": "rows",
    "title": "Of 2017",
    "templating": {"list": [{"name": "job", "type": "query", "query": "label_values(up, job)", "multi": True}]},
    "rows": [
        {
            "title": "$job",
            "repeat": "job",
            "panels": [
                {
                    "id": 1,
                    "title": "Up",
                    "type": "graph",
                    "span": 4,
                    "yaxes": [{"format": "short"}],
                    "targets": [{"expr": 'up{job="$job"}', "refId": "A"}],
                }
            ],
        }
    ],
}


def test_v2_is_judged_as_the_same_dashboard_with_its_own_paths() -> None:
    dashboard = Dashboard.read(json.dumps(V2), "v2.json")
    assert (dashboard.schema, dashboard.uid, dashboard.title) == ("v2", "v2", "Second schema")
    (place, *_) = dashboard.queries()
    assert place.path == "spec.elements.panel-1.spec.data.spec.queries[0].spec"
    assert {rule for rule, level, _ in findings(dashboard) if level is Level.MUST} == {
        "dashboards/equals-only-single-values",
        "dashboards/file-provisioning-schema",
    }


def test_the_old_layout_of_rows_is_one_that_grafana_reads() -> None:
    dashboard = Dashboard.read(json.dumps(ROWS), "rows.json").within(shipped())
    (panel,) = dashboard.panels
    assert (panel.width, panel.unit, panel.path, panel.single) == (8, "short", "rows[0].panels[0]", ("job",))
    assert [message for _, level, message in findings(dashboard) if level is Level.MUST] == []


BOARDS = {
    "odd": json.loads((CASES / "d74-odd-but-valid-shapes/board.json").read_text(encoding="utf-8")),
    "repeat": json.loads((CASES / "d49-repeat-and-hidden/board.json").read_text(encoding="utf-8")),
    "v2": V2,
    "rows": ROWS,
}


@pytest.mark.parametrize("name", BOARDS)
def test_a_value_of_a_wrong_type_is_a_finding_at_worst(name: str) -> None:
    board = BOARDS[name]
    for path in places(board):
        for wrong in WRONG[:5]:
            findings(Dashboard.read(json.dumps(put(board, path, wrong)), "wrong.json").within(shipped()))


@pytest.mark.parametrize(
    ("path", "wrong", "message"),
    [
        (("annotations", "list"), {"a": 1}, "`annotations.list` is an object, not a list"),
        (("annotations",), [], "`annotations` is a list, not an object"),
        (("panels",), {"a": 1}, "`panels` is an object, not a list"),
        (("panels", 0, "targets"), "up", "`panels[0].targets` is a text, not a list"),
        (("panels", 0, "targets", 0), 3, "`panels[0].targets[0]` is a number, not an object"),
        (("templating", "list", 0, "name"), [], "`templating.list[0].name` is a list, not a text"),
        (("links",), 7, "`links` is a number, not a list"),
    ],
)
def test_a_value_of_a_wrong_type_is_named(path: tuple[Any, ...], wrong: Any, message: str) -> None:
    dashboard = Dashboard.read(json.dumps(put(BOARDS["odd"], path, wrong)), "wrong.json")
    assert ("dashboards/values-have-their-types", Level.MUST, message) in findings(dashboard)


def test_shipped_dashboards_break_nothing() -> None:
    assert [found for dashboard in dashboards(STACK) for found in findings(dashboard)] == []


@pytest.mark.parametrize(("structure", "clash"), [("", False), ("foldersFromFilesStructure: false", True)])
def test_two_titles_clash_where_grafana_has_them_in_one_folder(structure: str, clash: bool, tmp_path: Path) -> None:
    folder = tmp_path / "stack"
    shutil.copytree(STACK / "grafana", folder / "grafana")
    board = json.loads((folder / "grafana/dashboards/services/services.json").read_text(encoding="utf-8"))
    (folder / "grafana/dashboards/more").mkdir()
    (folder / "grafana/dashboards/more/copy.json").write_text(json.dumps({**board, "uid": "copy"}), encoding="utf-8")
    provider = folder / "grafana/provisioning/dashboards/dashboards.yml"
    if structure:
        provider.write_text(
            provider.read_text(encoding="utf-8").replace("foldersFromFilesStructure: true", structure), encoding="utf-8"
        )
    names = {one.subject: one.around.same_title for one in dashboards(folder)}
    assert bool(names["copy"]) is bool(names["services"]) is clash
