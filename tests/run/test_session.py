"""What a session judges: conventions of this project bind only the stacks of this project."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from fixtures.service import Service
from stack.records.exposition.exposition import Exposition, MetricFamily
from suites.core.discovery import rules
from suites.core.evidence import EvidenceStore
from suites.core.rule import Level
from suites.core.subjects import Subject
from suites.run.session import RunSession

CONVENTIONS = [rule for rule in rules().values() if rule.convention]


def test_there_are_conventions_that_bind_at_home() -> None:
    assert {rule.level for rule in CONVENTIONS} == {Level.MUST}


@pytest.mark.parametrize(("target", "level"), [(None, Level.MUST), (object(), Level.SHOULD)])
def test_a_convention_is_a_should_for_an_attached_stack(target: object, level: Level) -> None:
    session = cast("RunSession", SimpleNamespace(settings=SimpleNamespace(target=target)))
    assert {RunSession._as_binding(session, rule).level for rule in CONVENTIONS} == {level}


def test_what_binds_everywhere_stays_a_must_for_an_attached_stack() -> None:
    session = cast("RunSession", SimpleNamespace(settings=SimpleNamespace(target=object())))
    others = [rule for rule in rules().values() if not rule.convention]
    assert [RunSession._as_binding(session, rule).level for rule in others] == [rule.level for rule in others]


EXPOSED = (
    "# HELP queue_length_gauge Jobs that wait.\n# TYPE queue_length_gauge gauge\nqueue_length_gauge 1\n"
    '# TYPE a_s histogram\na_s_bucket{le="1"} 0\na_s_bucket{le="2"} 0\na_s_bucket{le="+Inf"} 200\na_s_sum 1\n'
    "a_s_count 9\n"
)


@pytest.mark.parametrize("third_party", [False, True])
def test_what_only_the_makers_of_a_program_can_follow_is_not_judged_elsewhere(
    third_party: bool, tmp_path: Path
) -> None:
    store = EvidenceStore(tmp_path)
    exposition = Exposition.parse(EXPOSED)
    store.put("shop", {Exposition: [exposition], MetricFamily: exposition.families}, "live")
    service = replace(Service.from_url("shop", "http://127.0.0.1:1"), third_party=third_party)
    settings = SimpleNamespace(services=[service], waivers=(), today=date(2026, 1, 1))
    config = SimpleNamespace(workerinput={})
    session = RunSession(config)  # type: ignore[arg-type]  # a stand-in
    session.store, session.__dict__["settings"] = store, settings
    outcomes = {
        name: (verdict.outcome, verdict.applies)
        for name in ("type-in-name", "histogram-buckets-fit", "histogram-count")
        for verdict in [session.judged(rules()[f"metrics/{name}"], Subject("shop", "service", "shop"))]
    }
    session.folder.remove()
    practice = ("not-evaluated", False) if third_party else ("warn", True)
    assert outcomes == {
        "type-in-name": practice,
        "histogram-buckets-fit": practice,
        "histogram-count": ("fail", True),
    }
