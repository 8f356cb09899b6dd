"""Draws a dashboard from the answers to its queries, for a report where no Grafana is there to draw it.

It shows what was found and where, not what Grafana makes of it: no thresholds, mappings or transformations.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain

from stack.records.dashboards.answers import Curve, PanelData, QueryResult
from stack.records.dashboards.panel import GRID_COLUMNS, Panel
from stack.text.secrets import mask

WIDTH = 1200
_GAP, _HEAD, _ROW = 8, 24, 22
_MOST_CURVES = 6
_FEW, _MANY = 3, 9
"""Rows of the grid that a panel has at least and at most: a small drawing needs no more."""
_CHARACTER = 6.6
"""Pixels of a character, about: SVG does not cut texts."""
_VALUES = frozenset({"stat", "gauge", "bargauge", "singlestat", "table", "piechart"})
_LEGEND = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_STYLE = """
svg{color-scheme:light dark;font:11px system-ui,sans-serif}
.b{fill:#fff;stroke:#c8ccd2}.bad{stroke:#c4282d;stroke-width:2}text{fill:#24292f}.h{font-weight:600}.m{fill:#656d76}
.e{fill:#b3261e}.v{font-size:20px}.l{font-family:ui-monospace,monospace;font-size:10px}.x{stroke:#d8dce2}
polyline{fill:none;stroke-width:1.5}.c0{stroke:#2f6fb4;fill:#2f6fb4}.c1{stroke:#b5651d;fill:#b5651d}
.c2{stroke:#3a8a4d;fill:#3a8a4d}.c3{stroke:#8e4a9e;fill:#8e4a9e}.c4{stroke:#a33f5b;fill:#a33f5b}
.c5{stroke:#5d6b78;fill:#5d6b78}polyline[class]{fill:none}
@media (prefers-color-scheme:dark){.b{fill:#161b22;stroke:#3d444d}text{fill:#d1d7e0}.m{fill:#9198a1}.e{fill:#ff8a80}
.bad{stroke:#ff6b6b}.x{stroke:#30363d}}
"""
_BYTES = ("bytes", "decbytes", "bits", "Bps", "binBps")
_SECONDS = {"s": 1.0, "ms": 1e-3, "dtdurations": 1.0}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A dashboard as SVG; `failing` of its `parts` are framed in red: an error, or no data that is not announced."""

    svg: str
    parts: int
    failing: int


def draw(
    title: str, panels: Sequence[Panel], answers: Mapping[int, Sequence[tuple[PanelData, QueryResult]]]
) -> Drawing:
    """Draw the `panels` of a dashboard; `answers` are those to the queries of each, by its place in `panels`."""
    body, failing, left, top, tallest = list[str](), 0, 0, 0.0, 0.0
    order = sorted(range(len(panels)), key=lambda place: (panels[place].y, panels[place].x, place))
    for place in order:
        panel = panels[place]
        columns = min(max(panel.width, 3), GRID_COLUMNS)
        height = min(max(panel.height or _MANY, _FEW), _MANY) * _ROW
        if left + columns > GRID_COLUMNS:
            left, top, tallest = 0, top + tallest, 0.0
        width = WIDTH * columns / GRID_COLUMNS - _GAP
        bad, inside = _inside(panel, answers.get(place, ()), width, height - _GAP)
        failing += bad
        frame = (
            f'<rect class="b{" bad" * bad}" x="1" y="1" width="{width - 2:.0f}" height="{height - _GAP - 2}" rx="3"/>'
        )
        head = _text(8, 16, panel.name, "h", width - 16)
        x = WIDTH * left / GRID_COLUMNS
        body.append(f'<g transform="translate({x:.0f},{top:.0f})">{frame}{head}{inside}</g>')
        left, tallest = left + columns, max(tallest, height)
    size = f'width="{WIDTH}" height="{top + tallest:.0f}" viewBox="0 0 {WIDTH} {top + tallest:.0f}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><title>{_safe(title)}</title><style>{_STYLE}</style>'
    return Drawing(f"{svg}{''.join(body)}</svg>", len(panels), failing)


def _inside(
    panel: Panel, answers: Sequence[tuple[PanelData, QueryResult]], width: float, height: float
) -> tuple[bool, str]:
    """Whether the panel fails, and what is drawn in it."""
    for data, _ in answers:
        if data.error:
            return True, _text(8, 38, f"error: {data.error}", "e", width - 16)
    found = [(data, answer) for data, answer in answers if answer.curves or answer.lines]
    if found:
        lines = tuple(chain.from_iterable(answer.lines for _, answer in found))
        if lines:
            return False, _log(lines, width, height)
        curves = [(_named(panel, data, curve), curve) for data, answer in found for curve in answer.curves]
        if panel.type in _VALUES or all(len(curve.points) < 2 for _, curve in curves):
            return False, _values(curves, panel.unit, width, height)
        return False, _plot(curves, panel.unit, width, height)
    if not answers:
        return False, _text(8, 38, "has no query" if not panel.queries else "was not queried", "m", width - 16)
    data = answers[0][0]
    if data.unqueried:
        return False, _text(8, 38, f"was not queried: {data.unqueried}", "m", width - 16)
    announced = data.no_value is not None
    return not announced and not any(one.values for one, _ in answers), _text(
        8, 38, data.no_value or "No data", "m", width - 16
    )


def _named(panel: Panel, data: PanelData, curve: Curve) -> str:
    model = next((query.model for query in panel.queries if query.ref_id == data.ref_id), {})
    legend = str(model.get("legendFormat") or "")
    if legend and legend != "__auto":
        return _LEGEND.sub(lambda match: curve.labels.get(match[1], ""), legend)
    labels = {name: value for name, value in curve.labels.items() if name != "__name__"}
    return ", ".join(f"{name}={value}" for name, value in labels.items()) or curve.labels.get("__name__", data.ref_id)


def _log(lines: Sequence[str], width: float, height: float) -> str:
    fits = max(1, int((height - _HEAD - 6) / 13))
    return "".join(_text(8, _HEAD + 14 + 13 * at, line, "l", width - 16) for at, line in enumerate(lines[:fits]))


def _values(curves: Sequence[tuple[str, Curve]], unit: str, width: float, height: float) -> str:
    rows = [(name, curve.points[-1][1]) for name, curve in curves if curve.points]
    if len(rows) == 1:
        return _text(8, _HEAD + 30, shown(rows[0][1], unit), "v", width - 16)
    fits = max(1, int((height - _HEAD - 6) / 15))
    body = []
    for at, (name, value) in enumerate(rows[:fits]):
        y = _HEAD + 16 + 15 * at
        body.append(_text(8, y, name, "m", width - 110) + _text(width - 96, y, shown(value, unit), "h", 90))
    return "".join(body)


def _plot(curves: Sequence[tuple[str, Curve]], unit: str, width: float, height: float) -> str:
    curves = [one for one in curves if one[1].points]
    points = [point for _, curve in curves for point in curve.points]
    first, last = min(at for at, _ in points), max(at for at, _ in points)
    low, high = min(0.0, *(value for _, value in points)), max(value for _, value in points)
    low, high = (low, high) if high > low else (low, low + 1)
    kept = curves[:_MOST_CURVES]
    legend = 14 * ((len(kept) + 1) // 2) if width > 300 else 14 * len(kept)
    x, y, w, h = 58.0, _HEAD + 6.0, width - 70, max(height - _HEAD - 16 - legend, 24.0)
    across, up = w / ((last - first) or 1), h / (high - low)
    body = [f'<line class="x" x1="{x}" x2="{x + w:.0f}" y1="{y + at:.0f}" y2="{y + at:.0f}"/>' for at in (0, h)]
    body += [_text(6, y + 4, shown(high, unit), "m", 50), _text(6, y + h + 4, shown(low, unit), "m", 50)]
    for number, (name, curve) in enumerate(kept):
        places = " ".join(
            f"{x + (at - first) * across:.1f},{y + (high - value) * up:.1f}" for at, value in curve.points
        )
        body.append(f'<polyline class="c{number}" points="{places}"/>')
        column, row = (number % 2, number // 2) if width > 300 else (0, number)
        left, down = 8 + column * (width - 16) / 2, y + h + 18 + 14 * row
        body.append(f'<rect class="c{number}" x="{left:.0f}" y="{down - 6:.0f}" width="8" height="3"/>')
        body.append(_text(left + 12, down, name, "m", (width - 16) / (2 if width > 300 else 1) - 16))
    return "".join(body)


def shown(value: float, unit: str) -> str:
    """A number for people in its unit: 1.2 M, 340 ms, 12 %, 3.1 GB."""
    if unit in ("percent", "percentunit"):
        return f"{value * (100 if unit == 'percentunit' else 1):.3g} %"
    if unit in _SECONDS:
        value *= _SECONDS[unit]
        for limit, name in ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms")):
            if abs(value) >= limit:
                return f"{value / limit:.3g} {name}"
        return f"{value * 1e6:.3g} µs"
    name = "B" if unit in _BYTES[:2] else "bit" if unit == "bits" else "B/s" if unit in _BYTES else ""
    for limit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g} {letter}{name}"
    return f"{value:.3g} {name}".rstrip()


def _text(x: float, y: float, text: str, kind: str, width: float) -> str:
    fits = max(int(width / (11 if kind == "v" else _CHARACTER)), 1)
    clean = _safe(text, fits)
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}">{clean}</text>'


def _safe(text: str, most: int = 200) -> str:
    """An untrusted text as one line of at most `most` characters: secrets masked, escaped, nothing unprintable."""
    line = "".join(letter if letter.isprintable() else " " for letter in mask(text[:2000]))
    return escape(line if len(line) <= most else f"{line[: most - 1]}…")
