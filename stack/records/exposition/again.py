"""Reads a body whose lines are those of an exposition read before, with other values: only the values are read.

Whatever is not certain to come out as if the body was read whole is left to `Exposition.read`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from math import isfinite
from operator import itemgetter
from typing import cast

from stack.garbage import no_collection
from stack.records.exposition.checks import check_samples
from stack.records.exposition.exposition import Exposition, MetricFamily
from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import Faults
from stack.records.exposition.grammar import Timestamps, number
from stack.records.exposition.lines import Lines
from stack.records.exposition.model import Format, Sample

LINES = "lines read"
"""Where an exposition keeps its lines until they are taken."""


def read_again(before: Exposition, body: bytes) -> Exposition | None:
    """The exposition in `body`, of the same Content-Type as `before`; None where the body has to be read whole.

    That is so where either has a fault, and where some line is not a plain one or differs in more than its value and
    timestamp.
    """
    if before.faults:
        return None
    earlier = Lines(before.text.encode())
    now = Lines(body, earlier)
    if now.heads is not earlier.heads or len(now.tails) != before.series_count:
        return None
    series = [head.rpartition(b"\n")[2] for head in now.heads[:-1]]
    if b"\n#" in b"\n".join([b"", *series]):
        return None  # a comment that ends with a number; else each tail belongs to a sample
    if before.format is Format.OPENMETRICS and (b" # " in body or b" " in b"".join(now.tails)):
        return None  # exemplars, and timestamps, whose order counts
    with no_collection():
        try:
            families = tuple(_families(before, earlier.tails, now.tails))
        except (KeyError, ValueError):
            return None
    return replace(before, families=families, text=body.decode(), size=len(body), cache={LINES: now})


def lines_read(exposition: Exposition) -> Lines | None:
    """The lines that `read_again` read it from, to be taken once: each tail is that of a sample, in order."""
    return cast("Lines | None", exposition.cache.pop(LINES, None))


def places_of_counters(exposition: Exposition) -> list[int]:
    """Which of its samples are values of counters, counted from 0."""
    found, end = list[int](), 0
    for family in exposition.families:
        kind, samples, exposed = family[1], family[4], family[9]
        start, end = end, end + len(samples)
        if kind == "counter":
            if len(samples) == 1 and samples[0][0] == exposed:  # apart: there may be very many such families
                found.append(start)
            else:
                found += [place for place, sample in enumerate(samples, start) if sample[0] == exposed]
    return found


def _families(before: Exposition, earlier: list[bytes], now: list[bytes]) -> Iterator[MetricFamily]:
    """The families with the values in `now`; raises KeyError or ValueError where these make a fault."""
    values, stamps, end, new = *_numbers(now, before.format), 0, tuple.__new__
    # By position, and a lone sample by itself: there may be very many families, or samples of one.
    for family in before.families:
        own, kind, text, unit, old, fmt, at, typed, helped, exposed = family
        start, end = end, end + len(old)
        samples: tuple[Sample, ...]
        if len(old) == 1:
            value = values[start]
            if now[start] == earlier[start]:
                yield family
                continue
            name, labels, _, _, line, _ = old[0]
            samples = (new(Sample, (name, labels, value, stamps[start], line, None)),)
            checked = kind == "counter" and value >= 0
        else:
            if now[start:end] == earlier[start:end]:
                yield family
                continue
            parts = (map(itemgetter(at), old) for at in (0, 1, 4))
            rows = zip(next(parts), next(parts), values[start:end], stamps[start:end], next(parts), repeat(None))
            samples = tuple(map(new, repeat(Sample), rows))
            checked = False
        if not checked and kind != "gauge":
            _check(family, samples, values[start:end])
        yield new(MetricFamily, (own, kind, text, unit, samples, fmt, at, typed, helped, exposed))


def _numbers(tails: list[bytes], fmt: Format) -> tuple[list[float], Sequence[float | None]]:
    """Values and timestamps; raises KeyError or ValueError for what is none."""
    stamps: Sequence[float | None] = [None] * len(tails)
    tokens = tails
    if b" " in b"".join(tails):
        known, pairs = Timestamps(fmt), [tail.partition(b" ") for tail in tails]
        tokens = [value for value, _, _ in pairs]
        stamps = [known[stamp.decode()] if stamp else None for _, _, stamp in pairs]
    values = list(map(float, tokens))
    if not all(map(isfinite, values)):  # `float` reads forms of these that the formats do not have
        values = [number(token.decode()) for token in tokens]
    return values, stamps


def _check(family: MetricFamily, samples: tuple[Sample, ...], values: list[float]) -> None:
    """What depends on values; raises ValueError where they are not as they should be."""
    if family.type == "unknown" or (family.type == "counter" and min(values) >= 0 and sum(values) >= 0):
        return
    draft, faults = FamilyDraft(family.name, family.line, family.format), Faults()
    draft.type, draft.type_text, draft.samples = family.type, family.type, list(samples)
    check_samples(draft, faults)
    if faults.counts:
        raise ValueError(family.name)
