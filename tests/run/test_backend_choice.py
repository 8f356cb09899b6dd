"""Which backend a run uses: what was asked for, and for `auto` containers only where they can run."""

from pathlib import Path

import pytest

from suites.collect import backend_choice
from suites.collect.backend_choice import choose, runner
from suites.collect.runners.base import RunnerPlan
from suites.collect.runners.local import LocalRunner


@pytest.mark.parametrize("option", ["local", "containers", "attached"])
def test_what_was_asked_for_is_taken(option: str) -> None:
    assert choose(option) == option


@pytest.mark.parametrize(("why_not", "chosen"), [(None, "containers"), ("no engine answers", "local")])
def test_auto_takes_containers_where_they_can_run_and_says_why(
    monkeypatch: pytest.MonkeyPatch, why_not: str | None, chosen: str
) -> None:
    monkeypatch.setattr(backend_choice, "why_no_containers", lambda: why_not)
    said: list[str] = []

    assert choose("auto", said.append) == chosen
    assert len(said) == 1
    assert (why_not or "containers") in said[0]


def test_a_backend_that_cannot_be_imported_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_choice, "CONTAINERS", "stack.backends.nothing_of_that_name")

    why = backend_choice.why_no_containers()

    assert why is not None
    assert why.startswith("the backend for containers needs a package that is not installed: ")


def test_backends_are_found_by_name(tmp_path: Path) -> None:
    plan = RunnerPlan(tmp_path, tmp_path, (), pytest.fail)
    assert isinstance(runner("local", plan), LocalRunner)
    with pytest.raises(ValueError, match="there is no backend `podman`; choose one of containers, local, attached"):
        runner("podman", plan)
