"""Sizes and durations as Loki's and Promtail's configuration write them: `256KB`, `168h`, `1h30m`."""

from __future__ import annotations

import re

from stack.embedded.refusal import ConfigError

_SIZE = re.compile(r"(\d+)\s*([kmgt]?b?)", re.IGNORECASE)
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w|y)")
_SECONDS = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0,
    "d": 86400.0, "w": 604800.0, "y": 31536000.0,
}  # fmt: skip


def size(written: object, where: str) -> int:
    """Return bytes. A KB is 1024 bytes, as the servers read it; fractions and KiB they refuse."""
    match = _SIZE.fullmatch(str(written))
    if match is None:
        raise ConfigError(f"{where}: `{written}` is not a size such as 256KB")
    power = "bkmgt".index((match[2].lower() or "b")[0])
    return int(match[1]) << (10 * power)


def duration_ns(written: object, where: str) -> int:
    """Return nanoseconds."""
    text = str(written)
    if text in {"0", "0.0"}:
        return 0
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ConfigError(f"{where}: `{written}` is not a duration such as 168h")
    return round(sum(float(number) * _SECONDS[unit] for number, unit in parts) * 1e9)
