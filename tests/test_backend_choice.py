"""Which backend a run uses: what was asked for, and for `auto` containers only where they can run."""

from __future__ import annotations

import pytest

from suites import backend_choice
from suites.backend_choice import choose


@pytest.mark.parametrize("option", ["local", "containers", "attached"])
def test_what_was_asked_for_is_taken(option: str) -> None:
    assert choose(option) == option


@pytest.mark.parametrize(
    ("runnable", "why_not", "chosen"),
    [
        (("auto", "local", "containers"), None, "containers"),
        (("auto", "local", "containers"), "no engine answers", "local"),
        (("auto", "local"), None, "local"),
    ],
)
def test_auto_takes_containers_where_they_can_run(
    monkeypatch: pytest.MonkeyPatch, runnable: tuple[str, ...], why_not: str | None, chosen: str
) -> None:
    monkeypatch.setattr(backend_choice, "RUNNABLE", runnable)
    monkeypatch.setattr(backend_choice, "why_no_containers", lambda: why_not)

    assert choose("auto") == chosen


def test_a_backend_that_is_not_there_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_choice, "CONTAINERS", "stack.backends.nothing_of_that_name")

    assert backend_choice.why_no_containers() == "there is no backend for containers"
