"""The steps in which Grafana queries a panel's data, and the built-in variables that result from them.

Times are in seconds.

Source: https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#use-__rate_interval
"""

import math
import re
from bisect import bisect_left
from dataclasses import dataclass

from stack.records.dashboards.panel import GRID_COLUMNS
from stack.text.durations import seconds

SCREEN_PIXELS = 1920
"""Width of the screen that a dashboard is opened on: Grafana queries one point per pixel of a panel."""

DEFAULT_SCRAPE_S = 15.0
"""The scrape interval that Grafana assumes where the datasource sets none."""

SAFE_POINTS = 11_000
"""Prometheus refuses queries of more points than this."""

DEFAULT_LENGTH_S = 6 * 3600.0
"""The length of the time range of a new dashboard."""

# Up to the first number (in seconds) a step is rounded to the second.
_ROUNDED = (
    (0.01, 0.001), (0.015, 0.01), (0.035, 0.02), (0.075, 0.05), (0.15, 0.1), (0.35, 0.2), (0.75, 0.5), (1.5, 1.0),
    (3.5, 2.0), (7.5, 5.0), (12.5, 10.0), (17.5, 15.0), (25.0, 20.0), (45.0, 30.0), (90.0, 60.0), (210.0, 120.0),
    (450.0, 300.0), (750.0, 600.0), (1050.0, 900.0), (1500.0, 1200.0), (2700.0, 1800.0), (5400.0, 3600.0),
    (9000.0, 7200.0), (16200.0, 10800.0), (32400.0, 21600.0), (86400.0, 43200.0), (604800.0, 86400.0),
    (1814400.0, 604800.0), (3628800.0, 2592000.0), (math.inf, 31536000.0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TimeRange:
    """What one panel queries; `step` and `scrape` in seconds, `start` and `end` in Unix seconds."""

    start: float
    end: float
    step: float
    scrape: float
    points: int

    @property
    def rate_interval(self) -> float:
        """The value of `$__rate_interval` in seconds."""
        return max(self.step + self.scrape, 4 * self.scrape)


def time_range(width: int, length_s: float, min_interval: str, now: float, *, aligned: bool) -> TimeRange:
    """The time range of a panel of `width` grid columns that shows the last `length_s` seconds.

    `min_interval` is the smallest step, empty for none (Loki) or the default (Prometheus, whose steps are `aligned`
    to multiples of themselves). The end is that of the running step: a sample that is in the store now is drawn
    when its step is over, and a run that lasts seconds does not wait for that.
    """
    points = max(1, SCREEN_PIXELS * width // GRID_COLUMNS)
    scrape = seconds(min_interval.lstrip("> ")) or DEFAULT_SCRAPE_S
    floor = scrape if aligned else seconds(min_interval.lstrip("> ")) or 0.001
    step = max(floor, _round(length_s / points), math.ceil(length_s / SAFE_POINTS))
    end = math.ceil(now / step) * step
    return TimeRange(end - length_s, end, step, scrape, points)


def length_of(time_from: str, default_s: float = DEFAULT_LENGTH_S) -> float:
    """The length of `now-1h` or `24h` in seconds; `default_s` for anything else, such as a fixed date."""
    match = re.fullmatch(r"(?:now-)?(\d+)([smhdwMy])", time_from.strip())
    if not match:
        return default_s
    if match[2] == "M":
        return int(match[1]) * 30 * 86400.0
    return seconds(match.group(1) + match.group(2)) or default_s


def fill(text: str, times: TimeRange, datasource_type: str, *, instant: bool) -> str:
    """`text` with the built-in variables of time replaced."""
    length = times.end - times.start
    # Loki has no scrapes to wait for; `$__auto` is the step of a range query and the whole range of an instant one.
    rate = times.rate_interval if datasource_type == "prometheus" else times.step
    values = {
        "__interval_ms": f"{times.step * 1000:.0f}",
        "__interval": _text(times.step),
        "__rate_interval_ms": f"{rate * 1000:.0f}",
        "__rate_interval": _text(rate),
        "__range_ms": f"{length * 1000:.0f}",
        "__range_s": f"{length:.0f}",
        "__range": f"{length:.0f}s",
        "__auto": _text(length if instant else times.step),
    }
    return re.sub(r"\$(__\w+)|\$\{(__\w+)\}", lambda match: values.get(match[1] or match[2], match.group()), text)


def _round(step: float) -> float:
    return _ROUNDED[bisect_left(_ROUNDED, (step, 0.0))][1]


def _text(value: float) -> str:
    """A duration as PromQL and LogQL take it."""
    return f"{value:.0f}s" if value >= 1 and value == int(value) else f"{value * 1000:.0f}ms"
