"""What is wrong with a timestamp is recognised from where it lies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.records.logs.time_stamps import NS
from suites.logs.helpers.clock import Window, deviation

START = 1_795_500_000
WINDOW = Window(START * NS, (START + 10) * NS)


@pytest.mark.parametrize(
    ("seconds", "number", "what"),
    [
        (START + 5 + 7200, False, "off by exactly 2 h: local time written as if it were UTC"),
        (START + 5 - 19800, False, "off by exactly -5 h 30 min: local time written as if it were UTC"),
        (START + 5 + 900, False, "off by exactly 15 min: local time written as if it were UTC"),
        ((START + 5) * 1000, True, "milliseconds where seconds are due"),
        ((START + 5) * 1_000_000, True, "microseconds where seconds are due"),
        ((START + 5) * NS, True, "nanoseconds where seconds are due"),
        (0, True, "a moment of 1970: the clock was not set, or zero was written"),
        (START + 13, True, "3 s after the lines were written"),
        (START - 120, False, "2 minutes before the lines were written"),
        (START - 8 * 86400, False, "8 days before the lines were written"),
        (START + 5 + 15 * 3600, False, "14 hours after the lines were written"),
        (START + 7200 - 60, False, "1 hour after the lines were written"),
    ],
)
def test_the_cause_is_named(seconds: int, number: bool, what: str) -> None:
    found = deviation(seconds * NS, WINDOW, number=number)
    assert found is not None
    assert found.what == what
    assert found.hint


@given(st.integers(WINDOW.start, WINDOW.end), st.booleans())
def test_what_lies_in_the_window_is_right(ns: int, number: bool) -> None:
    assert deviation(ns, WINDOW, number=number) is None


@given(st.integers(-(10**29), 10**29), st.booleans())
def test_what_lies_outside_is_wrong_in_some_way(ns: int, number: bool) -> None:
    assert (deviation(ns, WINDOW, number=number) is None) is WINDOW.contains(ns)
