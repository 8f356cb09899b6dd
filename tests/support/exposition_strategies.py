"""Generated expositions: families as plain data, and how each format writes them."""

import math
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from stack.records.exposition.model import Format

LabelPairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    """One sample: name, labels, value, timestamp in seconds."""

    name: str
    labels: LabelPairs
    value: float
    timestamp: float | None = None

    def key(self) -> tuple[str, LabelPairs, str, float | None]:
        """The row in a form that compares equal for NaN."""
        return self.name, tuple(sorted(self.labels)), repr(float(self.value)), self.timestamp


@dataclass(frozen=True)
class Family:
    """A metric family with its rows, before it is written in a format."""

    name: str
    type: str
    help: str
    rows: tuple[Row, ...]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
HELP = TEXT.map(lambda text: text.strip(" \t\r"))  # the text format ignores blanks at the ends of a line
LABEL_NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,6}", fullmatch=True).filter(
    lambda name: name not in {"le", "quantile"}
)
LABELS = st.dictionaries(LABEL_NAMES, TEXT, max_size=3).map(lambda pairs: tuple(pairs.items()))
LABEL_SETS = st.lists(LABELS, min_size=1, max_size=3, unique_by=frozenset)
ANY = st.floats(allow_nan=True, allow_infinity=True)
POSITIVE = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
STAMPS = {
    Format.OPENMETRICS: st.none() | st.integers(min_value=-(10**10), max_value=10**10).map(float),
    # Prometheus reads no sign in the text format, and days of the 1970s are times of ours in seconds.
    Format.TEXT: st.none() | st.integers(min_value=10**8, max_value=10**10).map(float),
}


@st.composite
def families(draw: st.DrawFn, fmt: Format) -> list[Family]:
    """Some families with names of their own, conformant in `fmt`."""
    kinds = ["counter", "gauge", "histogram", "summary", "unknown"]
    if fmt is Format.OPENMETRICS:
        kinds += ["info", "stateset", "gaugehistogram"]
    chosen = draw(st.lists(st.sampled_from(kinds), max_size=4))
    return [draw(family(f"metric{number}_{draw(LABEL_NAMES)}x", kind, fmt)) for number, kind in enumerate(chosen)]


@st.composite
def family(draw: st.DrawFn, name: str, kind: str, fmt: Format) -> Family:
    """One family of `kind`; its name ends so that it clashes with none."""
    rows: list[Row] = []
    stamp = draw(STAMPS[fmt])
    for labels in draw(LABEL_SETS):
        if kind != "info":  # prometheus-client takes all of an info family for one metric, and mixed stamps for a fault
            stamp = draw(STAMPS[fmt])
        rows += [replace(row, timestamp=stamp) for row in draw(metric(name, kind, labels))]
    if kind == "counter" and fmt is Format.TEXT:
        name += "_total"
    return Family(name, kind, draw(HELP), tuple(rows))


@st.composite
def metric(draw: st.DrawFn, name: str, kind: str, labels: LabelPairs) -> list[Row]:
    """The rows of one metric, in an order that both formats allow."""
    if kind == "counter":
        return [Row(f"{name}_total", labels, draw(POSITIVE))]
    if kind == "info":
        return [Row(f"{name}_info", labels, 1)]
    if kind == "stateset":
        states = draw(st.lists(TEXT, min_size=1, max_size=3, unique=True))
        return [Row(name, (*labels, (name, state)), draw(st.integers(0, 1))) for state in states]
    if kind == "summary":
        quantiles = sorted(draw(st.sets(st.floats(0, 1), max_size=3)))
        rows = [Row(name, (*labels, ("quantile", repr(q))), draw(POSITIVE)) for q in quantiles]
        return [
            *rows,
            Row(f"{name}_sum", labels, draw(POSITIVE)),
            Row(f"{name}_count", labels, draw(st.integers(1, 99))),
        ]
    if kind in {"histogram", "gaugehistogram"}:
        prefix = "g" if kind == "gaugehistogram" else ""
        bounds = sorted(draw(st.sets(st.floats(0, 1e9), max_size=4)))
        counts = sorted(draw(st.lists(st.integers(0, 10**6), min_size=len(bounds) + 1, max_size=len(bounds) + 1)))
        texts = [*map(repr, bounds), "+Inf"]
        buckets = [Row(f"{name}_bucket", (*labels, ("le", le)), n) for le, n in zip(texts, counts, strict=True)]
        total = Row(f"{name}_{prefix}sum", labels, draw(POSITIVE))
        return [*buckets, total, Row(f"{name}_{prefix}count", labels, counts[-1])]
    return [Row(name, labels, draw(ANY))]


def written(found: list[Family], fmt: Format) -> str:
    """The families in the notation of `fmt`."""
    lines: list[str] = []
    for each in found:
        kind = "untyped" if each.type == "unknown" and fmt is Format.TEXT else each.type
        lines += [f"# TYPE {each.name} {kind}", f"# HELP {each.name} {_help(each.help, fmt)}"]
        lines += [_sample(row, fmt) for row in each.rows]
    if fmt is Format.OPENMETRICS:
        lines.append("# EOF")
    return "".join(f"{line}\n" for line in lines)


def _help(text: str, fmt: Format) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    return escaped.replace('"', '\\"') if fmt is Format.OPENMETRICS else escaped


def _sample(row: Row, fmt: Format) -> str:
    pairs = ",".join(f'{name}="{_help(value, Format.OPENMETRICS)}"' for name, value in row.labels)
    stamp = ""
    if row.timestamp is not None:
        stamp = f" {row.timestamp!r}" if fmt is Format.OPENMETRICS else f" {int(row.timestamp * 1000)}"
    return f"{row.name}{'{' + pairs + '}' if pairs else ''} {number(row.value)}{stamp}"


def number(value: float) -> str:
    """A value as both formats write it."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value)


def plain(rows: Any) -> list[tuple[str, LabelPairs, str, float | None]]:
    """Samples of ours or of prometheus-client as comparable rows."""
    return [
        Row(
            row.name,
            tuple(dict(row.labels or {}).items()),
            row.value,
            None if row.timestamp is None else float(row.timestamp),
        ).key()
        for row in rows
    ]
