"""The shipped stack keeps its own static rules; each broken copy of it breaks exactly the rule meant for it."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from stack.records.config.compose import ComposeService
from stack.records.config.loki import LokiConfig
from stack.records.config.prometheus import PrometheusConfig
from stack.records.config.scrape_jobs import ScrapeJobs
from suites.core.area import StackFiles, StaticRecords
from suites.core.discovery import areas, in_area
from suites.core.evidence import NotEvaluated

ROOT = Path(__file__).resolve().parents[2]
STACK = ROOT / "stack"
TODAY = date(2026, 11, 24)
FILES = ("docker-compose.yml", "prometheus", "loki")


def jobs(folder: Path) -> list[str]:
    return [group["labels"]["job"] for group in json.loads((folder / "services.json").read_text(encoding="utf-8"))]


def broken_rules(evidence: StaticRecords, area: str) -> dict[str, list[str]]:
    """The messages by `subject rule-id` of every rule of the area on every record that it judges."""
    messages: dict[str, list[str]] = {}
    for subject, records in evidence.items():
        for rule in in_area(area):
            found = records.get(rule.record)
            for record in found if isinstance(found, list) else ():
                said = [finding.message for finding in rule.judge(record)]
                if said:
                    messages[f"{subject} {rule.id}"] = said
    return messages


def read(area: str, folder: Path) -> StaticRecords:
    """What the files below `folder` say to an area."""
    known = tuple(jobs(STACK / "prometheus/deployed/targets"))
    reader = areas()[area].files
    assert reader is not None
    return reader(StackFiles(folder, TODAY, known))


def judge(folder: Path) -> dict[str, list[str]]:
    return {name: said for area in AREAS for name, said in broken_rules(read(area, folder), area).items()}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "stack"
    folder.mkdir()
    for name in FILES:
        source = STACK / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    return folder


def test_the_shipped_stack_breaks_nothing_but_promtails_end_of_life() -> None:
    assert judge(STACK) == {
        "promtail components/component-not-past-end-of-life": ["promtail 3.6.15 is past its end of life, 2026-03-02"]
    }


BREAKS = yaml.safe_load((Path(__file__).parents[1] / "data" / "static_breaks.yaml").read_text(encoding="utf-8"))
AREAS = ("alerts", "components", "compose", "retention")


@pytest.mark.parametrize("row", BREAKS, ids=[row["breaks"] for row in BREAKS])
def test_a_broken_copy_breaks_the_rule_meant_for_it(copy: Path, row: dict[str, str]) -> None:
    path = copy / row["file"]
    text = path.read_text(encoding="utf-8")
    assert row["old"] in text, "the shipped file has changed: the break no longer breaks anything"
    path.write_text(text.replace(row["old"], row["new"], 1), encoding="utf-8")

    assert row["breaks"] in judge(copy)


def test_every_static_rule_is_seen_red_on_a_broken_copy() -> None:
    seen = {row["breaks"].partition(" ")[2] for row in BREAKS} | {f"compose/{rule}" for _, rule in SHARED}
    records = {ComposeService, LokiConfig, PrometheusConfig, ScrapeJobs}
    static = {rule.id for area in AREAS for rule in in_area(area) if rule.record in records}

    assert static - seen == set()


SHARED = [
    ("restart: unless-stopped", "restart-policy"),
    ("cap_drop: [ALL]", "capabilities-dropped"),
    ("read_only: true", "read-only-root-filesystem"),
    ("max-size: 10m", "log-rotation"),
]


@pytest.mark.parametrize(("key", "rule"), SHARED)
def test_what_all_services_share_is_judged_for_each_of_them(copy: Path, key: str, rule: str) -> None:
    path = copy / "docker-compose.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(key, ""), encoding="utf-8")

    broken = {name.partition(" ")[0] for name in judge(copy) if name.endswith(f"compose/{rule}")}

    assert {"prometheus", "loki", "promtail", "grafana", "gateway"} <= broken


def test_findings_point_at_the_line(copy: Path) -> None:
    path = copy / "docker-compose.yml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("loki-config.yaml:ro", "loki-config.yaml"), encoding="utf-8"
    )
    loki = read("compose", copy)["loki"][ComposeService]
    assert isinstance(loki, list)
    rule = next(rule for rule in in_area("compose") if rule.id == "compose/mounts-read-only")

    (finding,) = rule.judge(loki[0])

    lines = path.read_text(encoding="utf-8").splitlines()
    assert finding.where.file == "stack/docker-compose.yml"
    assert finding.where.line is not None
    assert "loki-config.yaml" in lines[finding.where.line - 1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "stack/docker-compose.yml does not exist"),
        ("services: [", "stack/docker-compose.yml: line "),
        ("services: 3", "stack/docker-compose.yml: line 1: no mapping `services`"),
        ("- a\n- b", "stack/docker-compose.yml: line 1: expected a mapping of keys, found a list"),
    ],
)
def test_a_compose_file_that_cannot_be_read_is_a_reason_and_no_traceback(
    copy: Path, text: str | None, reason: str
) -> None:
    path = copy / "docker-compose.yml"
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")

    found = read("compose", copy)["loki"][ComposeService]

    assert isinstance(found, NotEvaluated)
    assert found.reason.startswith(reason)
    assert found.applies


def test_overrides_per_tenant_are_read_from_the_file_beside_the_configuration(copy: Path) -> None:
    path = copy / "loki/loki-config.yaml"
    path.write_text(
        path.read_text(encoding="utf-8") + "\nruntime_config: {file: /etc/loki/tenants.yaml}\n", encoding="utf-8"
    )
    assert "loki retention/loki-overrides-within-seven-days" in judge(copy), "a file that is not there may say anything"

    (copy / "loki/tenants.yaml").write_text("overrides: {dante: {retention_period: 24h}}\n", encoding="utf-8")
    assert "loki retention/loki-overrides-within-seven-days" not in judge(copy)

    (copy / "loki/tenants.yaml").write_text("overrides: {dante: {retention_period: 60d}}\n", encoding="utf-8")
    assert judge(copy)["loki retention/loki-overrides-within-seven-days"] == [
        "tenant `dante`: logs are kept for 60d, longer than 168h"
    ]


def test_other_components_have_nothing_to_say_about_lokis_file() -> None:
    found = read("retention", STACK)["grafana"][LokiConfig]
    assert isinstance(found, NotEvaluated)
    assert not found.applies
