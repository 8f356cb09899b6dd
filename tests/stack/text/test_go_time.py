"""Times in the layouts of Go; what is expected is what Go 1.26's `time.ParseInLocation(…, time.UTC)` returned."""

from datetime import UTC, datetime

import pytest

from stack.text.go_time import LayoutError, TimeError, parser

NOON = int(datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC).timestamp())
RFC1123, ANSIC, DOTNET = "Mon, 02 Jan 2006 15:04:05 MST", "Mon Jan _2 15:04:05 2006", "1/2/2006 3:04:05 PM"


@pytest.mark.parametrize(
    ("layout", "text", "seconds", "zoned"),
    [
        ("2006-01-02 15:04:05.000 MST", "2026-11-24 12:00:05.000 UTC", NOON, True),  # PostgreSQL's jsonlog
        ("2006-01-02 15:04:05-07", "2026-11-24 14:00:05+02", NOON, True),  # PostgreSQL's text of a timestamptz
        ("2006-01-02T15:04:05Z07", "2026-11-24T12:00:05Z", NOON, True),
        (RFC1123, "Tue, 24 Nov 2026 12:00:05 GMT", NOON, True),
        ("Monday, 2-Jan-06 15:4:5 MST", "Tuesday, 24-Nov-26 12:0:5 UTC", NOON, True),
        (ANSIC, "Tue Nov 24 12:00:05 2026", NOON, False),
        (ANSIC, "tue nov  3 12:00:05 2026", NOON - 21 * 86400, False),
        ("January 2, 2006 15:04:05", "November 24, 2026 12:00:05", NOON, False),
        (DOTNET, "11/24/2026 12:00:05 PM", NOON, False),
        (DOTNET, "11/24/2026 12:00:05 AM", NOON - 43200, False),
        ("02/01/06 03:04:05 PM", "24/11/26 12:00:05 PM", NOON, False),
        ("02/01/06 03:04:05 PM", "24/11/70 12:00:05 PM", 28296005, False),
    ],
)
def test_times_are_read_as_go_reads_them(layout: str, text: str, seconds: int, zoned: bool) -> None:
    assert parser(layout)(text, NOON) == (seconds * 10**9, zoned)


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        (DOTNET, "11/24/2026 13:00:05 PM"),
        (DOTNET, "011/24/2026 12:00:05 PM"),
        (ANSIC, "Die Nov 24 12:00:05 2026"),
        (RFC1123, "Tue, 24 Nov 2026 12:00:05 CET"),  # Go takes it for UTC, unless it is the zone of its own machine
    ],
)
def test_times_that_do_not_fit_are_refused(layout: str, text: str) -> None:
    with pytest.raises(TimeError):
        parser(layout)(text, NOON)


@pytest.mark.parametrize(
    ("layout", "reason"),
    [
        ("2006-01-02 15:04:05 UTC", "the layout has `UTC`, which is no element that is read here"),
        ("2006-01-02T15:04:05 2006", "the layout has an element twice"),
        ("Jan 01 02 15:04:05", "the layout has an element twice"),
        ("2006-01-02 15:04", "the layout has no `05`"),
        ("15:04:05 2006", "the layout has no `01`"),
    ],
)
def test_a_layout_that_is_not_read_is_refused_by_its_cause(layout: str, reason: str) -> None:
    with pytest.raises(LayoutError) as refused:
        parser(layout)
    assert str(refused.value).startswith(reason)
