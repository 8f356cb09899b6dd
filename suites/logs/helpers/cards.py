"""Tells payment card numbers from the other long numbers that logs are full of.

A card number passes the Luhn check (ISO/IEC 7812-1, annex B), has an issuer's prefix with that issuer's length, and
is written in one run or in its groups. Trace ids, UUIDs, epoch nanoseconds and plain counters are none.
"""

from __future__ import annotations

import re
from re import Match

CARD_LIKE = re.compile(
    r"[2-6][0-9]{3}(?:[0-9]{10,12}|(?: [0-9]{4}){3}|(?:-[0-9]{4}){3}| [0-9]{6} [0-9]{4,5}|-[0-9]{6}-[0-9]{4,5})"
    r"(?![0-9A-Za-z_+/=])"
)
"""Digits in the shapes in which card numbers are written. It begins with a digit, which is what makes the search fast;
what stands around the digits `is_card` judges."""

_INSIDE = re.compile(r"(?!\\[nrt]\Z)(?:\A|.)[0-9A-Za-z_.+-]\Z", re.DOTALL)
"""The end of what stands before digits that are part of something longer; a JSON escape such as \\n is not."""

_ISSUERS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"4"), 16),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), 16),  # Mastercard
    (re.compile(r"3[47]"), 15),  # American Express
    (re.compile(r"6011|64[4-9]|65"), 16),  # Discover
    (re.compile(r"352[89]|35[3-8]"), 16),  # JCB
    (re.compile(r"30[0-5]|36|38|39"), 14),  # Diners Club
    (re.compile(r"62"), 16),  # UnionPay
)

_OTHER_KEY = re.compile(
    r"(?:[\"'_.-]|(?<=[a-z0-9])(?=[A-Z]))"
    r"(?i:id|trace|span|ns|nanos?|micros|millis|us|ms|ts|time|timestamp|offset|bytes|size|count|total|seq|sequence|hash|"
    r"checksum|version|revision|port|sum|digest|counter|duration)\\?[\"']\s?:\s?\\?[\"']?\Z"
)
"""The end of a key, as in `trace_id`, `traceId` or `duration_ns`, whose long number is of another kind."""


def is_card(match: Match[str]) -> bool:
    """Whether the digits of `match` are a card number, judged with what stands around them."""
    text, start, end = match.string, match.start(), match.end()
    if _goes_on(text, end) or _INSIDE.search(text[max(0, start - 2) : start]):
        return False
    digits = match[0].replace(" ", "").replace("-", "")
    if not any(len(digits) == length and prefix.match(digits) for prefix, length in _ISSUERS):
        return False
    return luhn(digits) and _OTHER_KEY.search(text[max(0, start - 80) : start]) is None


def _goes_on(text: str, end: int) -> bool:
    """Whether the number goes on behind `end`, as a decimal fraction, a date or an address does."""
    return text[end : end + 1] in {".", "-", ":"} and text[end + 1 : end + 2].isalnum()


def luhn(digits: str) -> bool:
    """Whether the check digit fits: every second digit from the right doubled, digits summed, a multiple of ten."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        digit = int(sign)
        if place % 2:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return total % 10 == 0
