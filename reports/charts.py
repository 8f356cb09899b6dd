"""Small charts as inline SVG: no script, no colour that carries meaning alone, a text alternative in each.

Colours come from the page's style sheet by class; sizes are pixels. Every function returns safe markup.
"""

from collections.abc import Mapping, Sequence
from math import ceil

from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 150, 18
LEVELS = ("fatal", "error", "warn", "info", "debug", "trace")
"""Known log levels, the gravest first; others are drawn last."""


def seconds(value: float) -> str:
    """A duration for people: 4.1 ms, 0.32 s, 12.0 s."""
    if value < 0.1:
        return f"{value * 1000:.1f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def amount(value: float) -> str:
    """A count for people, exact below ten thousand: 412, 8,019, 48.3 k, 1.2 M."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= limit:
            return f"{value / (1e3 if unit == 'k' else limit):.1f} {unit}"
    return f"{value:,.0f}"


def quantile(values: Sequence[float], share: float) -> float:
    """The nearest-rank quantile of non-empty values."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _svg(body: str, label: str, width: int = _WIDTH, height: int = _HEIGHT) -> Markup:
    return Markup(  # noqa: S704  # labels are escaped, bodies hold numbers, class names and escaped texts
        f'<svg class="chart" role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<title>{escape(label)}</title>{body}</svg>"
    )


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}"/>'


def bar(value: float, largest: float, label: str) -> Markup:
    """One horizontal bar on a scale that ends at `largest`."""
    width = _WIDTH * value / largest if largest else 0
    return _svg(_rect(0, 4, _WIDTH, 10, "track") + _rect(0, 4, max(width, 1.5 if value else 0), 10, "bar"), label)


def spread(values: Sequence[float], largest: float, label: str) -> Markup:
    """Every value as a dot on one line from zero to `largest`, the range between them drawn through."""
    scale = (_WIDTH - 8) / largest if largest else 0
    places = [4 + value * scale for value in values]
    line = _rect(min(places), 8.2, max(places) - min(places), 1.6, "bar") if places else ""
    dots = "".join(f'<circle class="dot" cx="{x:.1f}" cy="9" r="3"/>' for x in places[:60])
    return _svg(_rect(0, 8.7, _WIDTH, 0.6, "track") + line + dots, label)


def _ranked(lines: Mapping[str, int]) -> list[tuple[str, int]]:
    order = {level: index for index, level in enumerate(LEVELS)}
    return sorted(lines.items(), key=lambda item: (order.get(item[0].lower(), len(order)), item[0]))


def level_words(lines: Mapping[str, int]) -> str:
    """Log lines by level in words, the gravest first."""
    return ", ".join(f"{number:,} {level}" for level, number in _ranked(lines) if number) or "none"


def levels(lines: Mapping[str, int], largest: float, label: str) -> Markup:
    """Log lines by level as one stacked bar, the gravest first, on a scale that ends at `largest`."""
    body, x = [_rect(0, 4, _WIDTH, 10, "track")], 0.0
    for level, number in _ranked(lines):
        width = _WIDTH * number / largest if largest else 0
        kind = level.lower() if level.lower() in LEVELS else "other"
        body.append(_rect(x, 4, max(width - 1, 0.8 if number else 0), 10, f"level-{kind}"))
        x += width
    return _svg("".join(body), label)


def histogram(values: Sequence[float], label: str, *, width: int = _WIDTH, height: int = _HEIGHT) -> Markup:
    """Distribution of values in equal bins from zero to the largest."""
    bins = 24 if width > _WIDTH else 15
    largest = max(values) or 1
    heights = [0] * bins
    for value in values:
        heights[min(bins - 1, max(0, int(bins * value / largest)))] += 1
    step, tallest = width / bins, max(heights)
    tall = [(height - 2) * number / tallest for number in heights]
    columns = [_rect(index * step, height - 1 - up, step - 1, up, "bar") for index, up in enumerate(tall) if up]
    return _svg(_rect(0, height - 1, width, 1, "track") + "".join(columns), label, width, height)


def trend(runs: Sequence[Sequence[int] | None], label: str, *, height: int = 28) -> Markup:
    """A column for each run, the oldest first: failures with warnings on top, a dash for a run that did not judge."""
    columns = max(len(runs), 12)
    step, body = _WIDTH / columns, [_rect(0, height - 1, _WIDTH, 1, "track")]
    tallest = max((sum(run) for run in runs if run), default=0) or 1
    for index, run in enumerate(runs, columns - len(runs)):
        base = float(height - 1)
        if run is None:
            body.append(_rect(index * step + step / 4, height - 5, step / 2, 1.5, "dot"))
        for kind, number in zip(("part-fail", "part-warn"), run or (), strict=False):
            up = max((height - 3) * number / tallest, 2) if number else 0
            base -= up
            body += [_rect(index * step, base, step - 1, up, kind)] if number else []
    return _svg("".join(body), label, height=height)


def waterfall(events: Sequence[tuple[str, float]], missing: Sequence[str], label: str) -> Markup:
    """Events in rows, each with a bar from the one before to its own seconds; below them those that did not come."""
    width, left, right, row = 640, 240, 70, 20
    last = max((at for _, at in events), default=0) or 1
    body, before = [], 0.0
    scale = (width - left - right) / last
    for index, (name, at) in enumerate(events):
        y, begin = index * row, min(before, at)
        body.append(f'<text class="t" x="{left - 10}" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        body.append(_rect(left, y + 9.5, width - left - right, 1, "track"))
        body.append(_rect(left + begin * scale, y + 5, max((at - begin) * scale, 2), 10, "bar"))
        body.append(f'<text class="t num" x="{left + at * scale + 6:.1f}" y="{y + 14}">{escape(seconds(at))}</text>')
        before = at
    for index, name in enumerate(missing, len(events)):
        y = index * row + 14
        body.append(f'<text class="t bad" x="{left - 10}" y="{y}" text-anchor="end">{escape(name)}</text>')
        body.append(f'<text class="t bad" x="{left}" y="{y}">did not come</text>')
    return _svg("".join(body), label, width, row * (len(events) + len(missing)))


def shares(parts: Sequence[tuple[str, int]], label: str) -> Markup:
    """Shares of a whole as one bar as wide as its container; each part has its outcome's class."""
    total, x, body = sum(number for _, number in parts) or 1, 0.0, []
    for kind, number in parts:
        width = 100 * number / total
        if number:
            body.append(f'<rect class="part-{kind}" x="{x:.3f}%" y="0" width="{max(width, 0.3):.3f}%" height="100%"/>')
        x += width
    return Markup(  # noqa: S704  # as in _svg
        f'<svg class="shares" role="img" width="100%" height="10"><title>{escape(label)}</title>{"".join(body)}</svg>'
    )
