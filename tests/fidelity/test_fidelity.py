"""The stand-ins store what real servers store: as recorded on every run, and live where the servers are found.

Every case of the corpus must be recorded, with the versions of the servers and checksums of lines and configuration.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stack.embedded.pipeline import KNOWN_STAGES
from tests.fidelity import recordings
from tests.fidelity.cases import CASES, SEEDS, Case
from tests.fidelity.compare import differences
from tests.fidelity.generated import pipeline
from tests.fidelity.real import needs_real_servers
from tests.fidelity.record import record
from tests.fidelity.recordings import FOLDER, HINT, Recording, checksums, simulated

by_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@by_case
def test_a_recording_says_which_servers_stored_which_lines(case: Case) -> None:
    recorded = Recording.load(case)
    assert set(recorded.servers) == {"loki", case.agent}
    assert all(version[0].isdigit() for version in recorded.servers.values()), recorded.servers
    assert sum(map(len, recorded.entries.values())) >= case.least, "a comparison needs lines to compare"
    assert checksums(case, recorded.start) == recorded.checksums, f"lines or configuration have changed: {HINT}"


@by_case
def test_the_stand_ins_store_what_was_recorded(case: Case, tmp_path: Path) -> None:
    recorded = Recording.load(case)
    found = differences(recorded.entries, simulated(case, recorded.start, tmp_path))
    assert not found, "\n".join([f"recorded with {recorded.servers}:", *found])


@pytest.mark.native
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name, marks=needs_real_servers("loki", case.agent)) for case in CASES]
)
def test_the_stand_ins_store_what_the_servers_store_now(case: Case, tmp_path: Path) -> None:
    recorded = record(case)
    assert isinstance(recorded, Recording), recorded
    found = differences(recorded.entries, simulated(case, recorded.start, tmp_path))
    assert not found, "\n".join(found)


def test_there_is_no_recording_without_its_case() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {case.name for case in CASES}


def test_a_changed_line_or_configuration_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    case = CASES[0]
    recorded = Recording.load(case)
    changed = tmp_path / "loki.yaml"
    changed.write_text("auth_enabled: true\n", encoding="utf-8")
    monkeypatch.setattr(recordings, "LOKI_CONFIG", changed)
    assert checksums(case, recorded.start)["loki"] != recorded.checksums["loki"]
    assert checksums(case, recorded.start + 1)["lines"] != recorded.checksums["lines"]


def test_the_corpus_reaches_what_matters() -> None:
    stored = [Recording.load(case).entries for case in CASES]
    rows = [(labels, *row) for entries in stored for labels, rows in entries.items() for row in rows]
    assert len({labels for labels, *_ in rows}) > 50
    assert any(ids != "{}" for _, _, ids, _ in rows)
    assert any('level="unknown"' in labels for labels, *_ in rows)
    assert any("characters" in line for *_, line in rows)
    assert any(at == -1 for _, at, *_ in rows)


def _kinds(stages: list[dict[str, Any]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for stage in stages:
        [(name, settings)] = stage.items()
        counted[name] += 1
        if name == "match":
            counted += _kinds(settings.get("stages", []))
    return counted


def test_the_generated_configurations_use_every_stage_that_is_known() -> None:
    used = sum((_kinds(pipeline(seed)) for seed in SEEDS), Counter[str]())
    assert set(used) == KNOWN_STAGES
    assert min(used.values()) >= 5, used
