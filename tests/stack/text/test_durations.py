"""Durations as Go and Prometheus write them."""

import pytest

from stack.text.durations import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15s", 15),
        ("1m30s", 90),
        ("500ms", 0.5),
        ("168h", 604800),
        ("1w", 604800),
        ("1.5h", 5400),
        ("250us", 25e-5),
        (0, 0),
    ],
)
def test_seconds(text: object, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["soon", "", "5", "1h x", "1h 30m", "-1h", "1H", None])
def test_what_is_no_duration(text: object) -> None:
    assert seconds(text) is None
