"""Times as Promtail's `timestamp` stage reads them in the formats of the shipped configuration."""

from datetime import UTC, datetime

import pytest

from stack.embedded.refusal import NotSimulated
from stack.embedded.timestamps import parser
from stack.text.go_time import TimeError

NOON = int(datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC).timestamp()) * 10**9


ZULU, COLON = "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00"


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("RFC3339Nano", "2026-11-24T12:00:05Z"),
        ("RFC3339Nano", "2026-11-24T13:00:05+01:00"),
        ("RFC3339Nano", "2026-11-24T12:00:05,0Z"),
        ("Unix", "1795521605"),
        ("Unix", "1795521605.0"),
        (ZULU, "2026-11-24T14:00:05+0200"),
        (ZULU, "2026-11-24T12:00:05.000Z"),
        (COLON, "2026-11-24  06:30:05-05:30"),
    ],
)
def test_times_are_read_as_go_reads_them(layout: str, text: str) -> None:
    assert parser(layout, "here")(text) == NOON


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("RFC3339Nano", "2026-11-24T12:00:05"),
        ("RFC3339Nano", "2026-11-24 12:00:05Z"),
        ("RFC3339Nano", "2026-02-29T12:00:05Z"),
        ("RFC3339Nano", "2026-11-24T12:00:60Z"),
        ("RFC3339Nano", "2026-11-24T24:00:00Z"),
        ("RFC3339Nano", "2026-11-24T12:00:05Zx"),
        ("RFC3339Nano", "2026-13-24T12:00:05Z"),
        ("RFC3339Nano", "2026-11-24T12:00:05+25:00"),
        ("Unix", ""),
        ("Unix", "1.2.3"),
        ("Unix", "1e5"),
        ("Unix", "9" * 20),
        (ZULU, "2026-11-24T14:00:05+02:00"),
        (COLON, "2026-11-24T12:00:05Z"),
    ],
)
def test_times_that_do_not_fit_are_refused(layout: str, text: str) -> None:
    with pytest.raises(TimeError):
        parser(layout, "here")(text)


def test_fractions_are_cut_to_nanoseconds() -> None:
    assert parser("RFC3339Nano", "here")("2026-11-24T12:00:05.1234567899Z") == NOON + 123456789
    assert parser("Unix", "here")("1795521605.1234567") == NOON + 123456700


def test_the_year_0_of_gos_calendar_is_read() -> None:
    read = parser("RFC3339Nano", "here")
    assert read("0001-01-01T00:00:00Z") - read("0000-02-29T00:00:00Z") == 307 * 86400 * 10**9


@pytest.mark.parametrize(
    "format_",
    ["RFC3339", "RFC1123Z", "ANSIC", "UnixMs", "UnixNs", "2006-01-02 15:04", "2006-01-02T15:04:05.000Z07:00",
     "2006-002", "15:04 MST 2006", "2006-01-02 15:04:05 MST"],
)  # fmt: skip
def test_formats_that_are_not_known_are_refused(format_: str) -> None:
    with pytest.raises(NotSimulated, match="here: the time format `"):
        parser(format_, "here")
