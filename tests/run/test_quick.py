"""A verdict is judged by itself only where nobody asks for more than verdicts."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from suites.run.quick import FIXTURES, LISTENING, OPTIONS, suffices


def session(
    *, hook: str = "", listener: Callable[..., object] = suffices, option: str = "", fixtures: frozenset[str] = FIXTURES
) -> Any:
    """As much of a session as decides, with one plugin that has `hook`, and one option that is given."""
    impls = {name: [SimpleNamespace(function=listener)] if name == hook else [] for name in LISTENING}
    hooks = SimpleNamespace(**{name: SimpleNamespace(get_hookimpls=lambda own=own: own) for name, own in impls.items()})
    options = SimpleNamespace(**{name: name == option for name in OPTIONS})
    item = SimpleNamespace(fixturenames=sorted(fixtures))
    return SimpleNamespace(config=SimpleNamespace(hook=hooks, option=options), items=[item])


def test_verdicts_alone() -> None:
    assert suffices(session())


@pytest.mark.parametrize("hook", LISTENING)
def test_a_plugin_that_listens_gets_pytests_own_way(hook: str) -> None:
    assert suffices(session(hook=hook))  # our own has nothing to do there
    assert not suffices(session(hook=hook, listener=test_verdicts_alone))


@pytest.mark.parametrize("option", OPTIONS)
def test_the_debugger_and_the_display_of_fixtures_get_it(option: str) -> None:
    assert not suffices(session(option=option))


def test_a_fixture_for_every_test_gets_it() -> None:
    assert not suffices(session(fixtures=FIXTURES | {"everywhere"}))


def test_a_test_of_another_kind_gets_it() -> None:
    assert not suffices(session(fixtures=frozenset({"tmp_path"})))
    assert not suffices(session(fixtures=frozenset()))
