"""`eventually` waits, gives up in time, and reports what it saw."""

import time
from itertools import count
from pathlib import Path

import pytest

from stack import eventually as module
from stack.eventually import Patience, contention, eventually


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests tell seconds, so for them the machine has a free core, whatever else it does."""
    monkeypatch.setattr(module, "contention", lambda: 1.0)


def test_returns_the_value_that_satisfies() -> None:
    numbers = count(1)
    assert eventually(lambda: next(numbers), lambda n: n >= 4, 2.0, interval_s=0.001) == 4


def test_an_error_in_between_is_retried() -> None:
    attempts = count(1)

    def probe() -> str:
        if next(attempts) < 3:
            raise ConnectionRefusedError("not yet")
        return "up"

    assert eventually(probe, lambda value: value == "up", 2.0, interval_s=0.001) == "up"


def test_timeout_shows_the_last_value_and_the_elapsed_time() -> None:
    with pytest.raises(TimeoutError, match=r"two lines are stored: not reached in \d\.\d s; last value seen: \[7\]"):
        eventually(lambda: [7], lambda found: len(found) == 2, 0.05, describe="two lines are stored")


def test_timeout_shows_the_last_exception() -> None:
    def probe() -> None:
        raise ConnectionRefusedError("nobody listens")

    with pytest.raises(TimeoutError, match="last error: ConnectionRefusedError: nobody listens") as caught:
        eventually(probe, lambda _: True, 0.05)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_a_bug_in_the_probe_is_not_waited_for() -> None:
    started = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        eventually(lambda: 1 // 0, lambda _: True, 30.0)
    assert time.monotonic() - started < 5


def test_the_deadline_is_kept_though_pauses_grow() -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        eventually(lambda: 0, bool, 0.3, interval_s=0.1, max_interval_s=60.0)
    assert time.monotonic() - started < 2


def test_a_huge_value_is_cut_in_the_message() -> None:
    with pytest.raises(TimeoutError) as caught:
        eventually(lambda: "x" * 10_000, lambda _: False, 0.01)
    assert len(str(caught.value)) < 700
    assert "10002 characters" in str(caught.value)


def test_on_a_busy_machine_a_second_counts_for_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three processes want each core: half a second lasts a second and a half."""
    monkeypatch.setattr(module, "contention", lambda: 3.0)
    patience, started = Patience(0.5), time.monotonic()
    with pytest.raises(TimeoutError):
        eventually(lambda: 0, bool, 0.5)
    assert patience.left() <= 0.01
    assert time.monotonic() - started >= 1.5


def test_a_timeout_on_a_busy_machine_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "contention", lambda: 9.0)
    with pytest.raises(
        TimeoutError, match=r"not reached in \d\.\d s on a busy machine, where they count as 0\.2; last"
    ):
        eventually(lambda: 0, bool, 0.2)


@pytest.mark.parametrize(("load", "expected"), [(0.0, 1.0), (3.0, 1.5), (9.0, 4.5), (1000.0, 10.0)])
def test_contention_is_what_wants_to_run_per_core(
    load: float, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(module, "RUNNING", Path("/no/such/file"))
    assert contention() == expected


def test_contention_counts_what_runs_at_this_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stat").write_text("cpu 1 2\nprocs_running 6\n", encoding="ascii")
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("os.getloadavg", lambda: (0.0, 0.0, 0.0))
    monkeypatch.setattr(module, "RUNNING", tmp_path / "stat")
    assert (contention(), contention(sustained=True)) == (3.0, 1.0)
