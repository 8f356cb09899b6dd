"""Durations as Go and Prometheus write them: `168h`, `7d`, `1h30m`, `500ms`."""

import re

_UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "y": 31536000.0,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w|y)")

HOUR, DAY = _UNITS["h"], _UNITS["d"]
SEVEN_DAYS = 7 * DAY


def seconds(value: object) -> float | None:
    """`value` in seconds; None where it is no duration. A bare 0 is one, other bare numbers are not."""
    text = str(value).strip()
    if text in ("0", "0.0"):
        return 0.0
    if not text or _PART.sub("", text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
