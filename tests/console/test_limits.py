"""Rate limits: what they count, how long they remember it, and that no request pays for it with a thread."""

import threading
import time

import pytest

from stack.console.access.limits import Limits

TWO = "2 per 1 minute; 3 per 1 hour"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that `time.time` gives, to be moved on."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def test_events_are_counted_in_every_window_and_leave_it_again(clock: list[float]) -> None:
    limits = Limits()
    assert [limits.count(TWO, "account", "ada") for _ in range(3)] == [True, True, False]
    assert limits.wait_s(TWO, "account", "ada") == pytest.approx(3600), "the third counts in the hour"
    assert limits.count(TWO, "account", "bob"), "others are not affected"
    clock[0] += 61
    assert not limits.count(TWO, "account", "ada"), "three within the hour"
    clock[0] += 3600
    assert limits.wait_s(TWO, "account", "ada") == 0
    assert limits.count(TWO, "account", "ada")


def test_what_is_forgotten_starts_anew() -> None:
    limits = Limits()
    for _ in range(5):
        limits.count(TWO, "account", "ada")
    limits.forget(TWO, "account", "ada")
    assert limits.wait_s(TWO, "account", "ada") == 0


def test_names_that_were_guessed_do_not_stay_in_memory(clock: list[float]) -> None:
    limits = Limits()
    for number in range(1000):
        limits.count(TWO, "account", f"guess-{number}")
    clock[0] += 3700
    limits.count(TWO, "account", "ada")
    assert len(limits) == len(TWO.split(";"))


def test_no_event_starts_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise AssertionError("a request would wait until the system lets the thread run")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    limits = Limits()
    assert limits.count(TWO, "account", "ada")
    assert limits.wait_s(TWO, "account", "ada") == 0
