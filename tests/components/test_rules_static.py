"""The static rules pass on the shipped stack, and each fails on a copy that is broken for it."""

import json
import shutil
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from stack.records.config.compose import ComposeService
from stack.records.config.loki import LokiConfig
from stack.records.config.prometheus import PrometheusConfig
from stack.records.config.scrape_jobs import ScrapeJobs
from stack.text.plain_yaml import plain_yaml
from suites.core.area import StackFiles, StaticRecords
from suites.core.discovery import areas, in_area, rules
from suites.core.evidence import NotEvaluated
from suites.core.rule import NotApplicable, NotCollected

ROOT = Path(__file__).resolve().parents[2]
STACK = ROOT / "stack"
TODAY = date(2026, 11, 24)
FILES = ("docker-compose.yml", "prometheus", "loki")


def jobs(folder: Path) -> list[str]:
    return [group["labels"]["job"] for group in json.loads((folder / "services.json").read_text(encoding="utf-8"))]


def broken_rules(evidence: StaticRecords, area: str) -> dict[str, list[str]]:
    """The messages by `subject rule-id` of every rule of the area that fails."""
    messages: dict[str, list[str]] = {}
    judging = in_area(area)
    for subject, records in evidence.items():
        for rule in judging:
            found = records.get(rule.record)
            for record in found if isinstance(found, list) else ():
                with suppress(NotApplicable):
                    for finding in rule.judge(record):
                        messages.setdefault(f"{subject} {rule.id}", []).append(finding.message)
    return messages


def read(area: str, folder: Path) -> StaticRecords:
    """The records that an area reads from the files below `folder`."""
    known = tuple(jobs(STACK / "prometheus/deployed/targets"))
    reader = areas()[area].files
    assert reader is not None
    return reader(StackFiles(folder, TODAY, known))


def change(path: Path, old: str, new: str, count: int = -1) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, "the shipped file has changed: the copy is not broken any more"
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def judge(folder: Path, *areas: str) -> dict[str, list[str]]:
    """The messages of the rules that fail, of all static areas or of these."""
    return {name: said for area in areas or AREAS for name, said in broken_rules(read(area, folder), area).items()}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "stack"
    folder.mkdir()
    for name in FILES:
        source = STACK / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    return folder


def test_the_shipped_stack_fails_only_for_promtails_end_of_life() -> None:
    assert judge(STACK) == {
        "promtail components/component-not-past-end-of-life": ["promtail 3.6.15 is past its end of life, 2026-03-02"]
    }


BREAKS = plain_yaml((Path(__file__).parents[1] / "data" / "static_breaks.yaml").read_text(encoding="utf-8"))
AREAS = ("alerts", "components", "compose", "retention")


@pytest.mark.parametrize("row", BREAKS, ids=[row["breaks"] for row in BREAKS])
def test_a_broken_copy_fails_its_rule(copy: Path, row: dict[str, str]) -> None:
    change(copy / row["file"], row["old"], row["new"], 1)
    area = row["breaks"].partition(" ")[2].partition("/")[0]
    assert row["breaks"] in judge(copy, area)


def test_every_static_rule_fails_on_a_broken_copy() -> None:
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
def test_shared_settings_are_judged_for_each_service(copy: Path, key: str, rule: str) -> None:
    change(copy / "docker-compose.yml", key, "")
    broken = {name.partition(" ")[0] for name in judge(copy, "compose") if name.endswith(f"compose/{rule}")}
    assert {"prometheus", "loki", "promtail", "grafana", "gateway"} <= broken


def test_findings_point_at_the_line(copy: Path) -> None:
    path = copy / "docker-compose.yml"
    change(path, "loki-config.yaml:ro", "loki-config.yaml")
    loki = read("compose", copy)["loki"][ComposeService]
    assert isinstance(loki, list)
    (finding,) = rules()["compose/mounts-read-only"].judge(loki[0])
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
def test_an_unreadable_compose_file_is_not_evaluated(copy: Path, text: str | None, reason: str) -> None:
    path = copy / "docker-compose.yml"
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")
    found = read("compose", copy)["loki"][ComposeService]
    assert isinstance(found, NotEvaluated)
    assert found.reason.startswith(reason)
    assert found.applies


def test_what_a_service_must_not_have_may_be_in_the_override_file_that_is_not_read(copy: Path) -> None:
    (copy / "docker-compose.override.yml").write_text("services: {loki: {privileged: true}}", encoding="utf-8")
    loki = read("compose", copy)["loki"][ComposeService]
    assert isinstance(loki, list)
    with pytest.raises(NotCollected, match=r"come from `docker-compose\.override\.yml`, which is not read"):
        list(rules()["compose/not-privileged"].judge(loki[0]))


def test_overrides_per_tenant_are_read_from_the_file_next_to_the_configuration(copy: Path) -> None:
    rule = "loki retention/loki-overrides-within-seven-days"
    change(copy / "loki/loki-config.yaml", "analytics:", "runtime_config: {file: /etc/loki/tenants.yaml}\nanalytics:")
    assert rule in judge(copy, "retention"), "a missing file may contain anything"

    tenants = copy / "loki/tenants.yaml"
    tenants.write_text("overrides: {dante: {retention_period: 24h}}\n", encoding="utf-8")
    assert rule not in judge(copy, "retention")

    tenants.write_text("overrides: {dante: {retention_period: 60d}}\n", encoding="utf-8")
    assert judge(copy)[rule] == ["tenant `dante`: logs are kept for 60d, longer than 168h"]


def test_lokis_file_does_not_apply_to_other_components() -> None:
    found = read("retention", STACK)["grafana"][LokiConfig]
    assert isinstance(found, NotEvaluated)
    assert not found.applies
