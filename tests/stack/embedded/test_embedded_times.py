"""Times as Promtail's `timestamp` stage reads them: named formats and Go's layouts."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stack.embedded.go_time import TimeError
from stack.embedded.refusal import NotSimulated
from stack.embedded.timestamps import parser

NOON = int(datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("RFC3339", "2026-11-24T12:00:05Z"),
        ("RFC3339Nano", "2026-11-24T13:00:05+01:00"),
        ("RFC3339", "2026-11-24T12:00:05.0Z"),
        ("Unix", "1795521605"),
        ("Unix", "1795521605.0"),
        ("UnixMs", "1795521605000"),
        ("UnixUs", "1795521605000000"),
        ("UnixNs", str(NOON)),
        ("2006-01-02 15:04:05", "2026-11-24 12:00:05"),
        ("02/01/06 03:04:05 PM", "24/11/26 12:00:05 PM"),
        ("Mon Jan _2 15:04:05 2006", "Tue Nov 24 12:00:05 2026"),
        ("January 2, 2006 3:4:5PM", "November 24, 2026 12:0:5PM"),
        ("2006-01-02T15:04:05Z0700", "2026-11-24T14:00:05+0200"),
        ("2006-01-02T15:04:05.000Z07", "2026-11-24T14:00:05.000+02"),
        ("RFC1123Z", "Tue, 24 Nov 2026 12:00:05 +0000"),
        ("ANSIC", "Tue Nov 24 12:00:05 2026"),
        ("2006-01-02T15:04:05,000", "2026-11-24T12:00:05,000"),
    ],
)
def test_times_are_read_as_go_reads_them(layout: str, text: str) -> None:
    assert parser(layout, None, "here")(text) == NOON


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("RFC3339", "2026-11-24T12:00:05"),
        ("RFC3339", "2026-11-24 12:00:05Z"),
        ("RFC3339", "2026-02-29T12:00:05Z"),
        ("RFC3339", "2026-11-24T12:00:60Z"),
        ("RFC3339", "2026-11-24T24:00:00Z"),
        ("RFC3339", "2026-11-24T12:00:05Zx"),
        ("RFC3339", "2026-13-24T12:00:05Z"),
        ("Unix", ""),
        ("Unix", "1.2.3"),
        ("Unix", "1e5"),
        ("UnixMs", "1.5"),
        ("Unix", "9" * 20),
        ("2006-01-02T15:04:05.000", "2026-11-24T12:00:05.00"),
        ("2006-01-02T15:04:05.000", "2026-11-24T12:00:05.0000"),
        ("2006-01-02T15:04:05.000000Z", "2026-11-24T12:00:05.000Z"),
        ("Mon 2006", "Xyz 2026"),
        ("3PM 2006", "12XM 2026"),
    ],
)
def test_times_that_do_not_fit_are_refused(layout: str, text: str) -> None:
    with pytest.raises(TimeError):
        parser(layout, None, "here")(text)


def test_a_location_applies_to_layouts_without_a_zone_only() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert parser("2006-01-02 15:04:05", berlin, "here")("2026-11-24 13:00:05") == NOON
    assert parser("2006-01-02 15:04:05Z07:00", berlin, "here")("2026-11-24 12:00:05Z") == NOON


def test_fractions_are_cut_to_nanoseconds() -> None:
    assert parser("RFC3339Nano", None, "here")("2026-11-24T12:00:05.1234567899Z") == NOON + 123456789
    assert parser("Unix", None, "here")("1795521605.1234567") == NOON + 123456700


@pytest.mark.parametrize("layout", ["RFC1123", "2006-002", "15:04 MST 2006"])
def test_layouts_that_are_not_known_are_refused(layout: str) -> None:
    with pytest.raises(NotSimulated, match="here: "):
        parser(layout, None, "here")
