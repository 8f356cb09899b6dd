"""The answer to one query of a dashboard, whoever gave it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answered:
    """What there is to draw: `series` counts time series or streams, `values` numbers that are not NaN, or log lines.

    `error` is the server's own word where it refused.
    """

    series: int = 0
    values: int = 0
    error: str | None = None
