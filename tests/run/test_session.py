"""What a session judges: conventions of this project bind only the stacks of this project."""

from types import SimpleNamespace
from typing import cast

import pytest

from suites.core.discovery import rules
from suites.core.rule import Level
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
