"""What is wrong with a timestamp is recognised from where it lies."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.records.logs.time_stamps import NS, Window
from suites.logs.helpers.clock import deviation, is_local_time

START = 1_795_500_000
WINDOW = Window(START * NS, (START + 10) * NS)


def text(seconds: float, hours: float = 0, offset: str = "Z") -> tuple[int, str]:
    """The moment and the timestamp of the clock that stands at `seconds` in UTC, written under an `offset`."""
    clock = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").removesuffix("+00:00")
    return round((seconds - hours * 3600) * NS), clock + offset


def number(seconds: float) -> tuple[int, float]:
    return round(seconds * NS), seconds


NOW = START + 5


@pytest.mark.parametrize(
    ("moment", "what"),
    [
        (text(NOW + 7200), "off by exactly 2 h: local time written as if it were UTC"),
        (text(NOW - 12600), "off by exactly -3 h 30 min: local time written as if it were UTC"),
        (text(NOW + 45900), "off by exactly 12 h 45 min: local time written as if it were UTC"),
        (text(NOW + 7200, offset="+00:00"), "off by exactly 2 h: local time written as if it were UTC"),
        (text(NOW, 2, "+02:00"), "off by exactly -2 h: UTC written under the offset `+02:00`"),
        (text(NOW, 5.5, "+05:30"), "off by exactly -5 h 30 min: UTC written under the offset `+05:30`"),
        (text(NOW, -5, "-0500"), "off by exactly 5 h: UTC written under the offset `-0500`"),
        (text(NOW - 7200, 2, "+02:00"), "off by exactly -4 h: the offset `+02:00` has the wrong sign"),
        (
            text(NOW + 7200, 1, "+01:00"),
            "off by exactly 1 h: local time under an offset of another zone or season, `+01:00`",
        ),
        # No zone has these offsets, and a number has no zone.
        (text(NOW + 900), "15 minutes after the lines were written"),
        (text(NOW - 900), "15 minutes before the lines were written"),
        (text(NOW + 5400), "1 h 30 min after the lines were written"),
        (text(NOW - 1.5 * 3600, 0), "1 h 30 min before the lines were written"),
        (number(NOW + 7200), "2 h after the lines were written"),
        (number(NOW - 3600), "1 h before the lines were written"),
        (number(NOW * 1000), "milliseconds where seconds are due"),
        (number(NOW * 1_000_000), "microseconds where seconds are due"),
        (number(NOW * NS), "nanoseconds where seconds are due"),
        (number(0), "a moment of 1970: the clock was not set, or zero was written"),
        (number(START + 13), "3 s after the lines were written"),
        (text(START - 120), "2 minutes before the lines were written"),
        (text(NOW - 300), "5 minutes before the lines were written"),
        (text(START - 8 * 86400), "8 days before the lines were written"),
        (text(NOW + 15 * 3600), "15 h after the lines were written"),
        (text(START + 7200 - 60), "1 h 59 min after the lines were written"),
    ],
)
def test_the_cause_is_named(moment: tuple[int, object], what: str) -> None:
    found = deviation(moment[0], WINDOW, moment[1])
    assert found is not None
    assert found.what == what
    assert found.hint


def test_a_number_off_by_hours_is_told_from_what_it_may_be_computed() -> None:
    found = deviation((NOW - 7200) * NS, WINDOW, NOW - 7200)
    assert found is not None
    assert "utcnow" in found.hint


@pytest.mark.parametrize(("hours", "local"), [(2, True), (-3.5, True), (0.25, False), (1.5, False), (0, False)])
def test_local_time_without_a_zone_differs_by_what_zones_differ(hours: float, local: bool) -> None:
    assert is_local_time(round((NOW + hours * 3600) * NS), WINDOW) is local


@given(st.integers(WINDOW.start, WINDOW.end), st.booleans())
def test_what_lies_in_the_window_is_right(ns: int, text: bool) -> None:
    assert deviation(ns, WINDOW, "Z" if text else ns) is None


@given(st.integers(-(10**29), 10**29), st.booleans())
def test_what_lies_outside_is_wrong_in_some_way(ns: int, text: bool) -> None:
    assert (deviation(ns, WINDOW, "Z" if text else ns) is None) is WINDOW.contains(ns)
