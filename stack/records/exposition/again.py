"""Reads a body whose lines are those of an exposition read before, with other values: only the values are read.

Whatever is not certain to come out as if the body was read whole is left to `Exposition.read`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from math import isfinite
from operator import itemgetter

from stack.garbage import no_collection
from stack.records.exposition.checks import check_samples
from stack.records.exposition.exposition import Exposition, MetricFamily
from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import Faults
from stack.records.exposition.grammar import Timestamps, number
from stack.records.exposition.lines import Lines
from stack.records.exposition.model import Format, Sample


def read_again(before: Exposition, body: bytes) -> Exposition | None:
    """The exposition in `body`, of the same Content-Type as `before`; None where the body has to be read whole.

    That is so where either has a fault, and where some line is not a plain one or differs in more than its value and
    timestamp.
    """
    if before.faults:
        return None
    earlier, now = Lines(before.text.encode()), Lines(body)
    if now.heads != earlier.heads or len(now.tails) != before.series_count:
        return None
    if any(head.rpartition(b"\n")[2][:1] == b"#" for head in now.heads[:-1] if b"#" in head):
        return None  # a comment that ends with a number; else each tail belongs to a sample
    if before.format is Format.OPENMETRICS and (b" # " in body or any(b" " in tail for tail in now.tails)):
        return None  # exemplars, and timestamps, whose order counts
    with no_collection():
        try:
            families = tuple(_families(before, earlier.tails, now.tails))
        except (KeyError, ValueError):
            return None
    return replace(before, families=families, text=body.decode(), size=len(body), cache={})


def _families(before: Exposition, earlier: list[bytes], now: list[bytes]) -> Iterator[MetricFamily]:
    """The families with the values in `now`; raises KeyError or ValueError where these make a fault."""
    values, stamps, start, new = *_numbers(now, before.format), 0, tuple.__new__
    for family in before.families:
        # By position, and a lone sample by itself: there may be very many families, or samples of one.
        kind, old = family[1], family[4]
        end = start + len(old)
        if now[start:end] == earlier[start:end]:
            yield family
        else:
            samples: tuple[Sample, ...]
            if len(old) == 1:
                name, labels, _, _, line, _ = old[0]
                samples = (new(Sample, (name, labels, values[start], stamps[start], line, None)),)
            else:
                parts = (map(itemgetter(at), old) for at in (0, 1, 4))
                rows = zip(next(parts), next(parts), values[start:end], stamps[start:end], next(parts), repeat(None))
                samples = tuple(map(new, repeat(Sample), rows))
            if kind != "gauge" and not (kind == "counter" and len(old) == 1 and values[start] >= 0):
                _check(family, samples, values[start:end])
            yield new(MetricFamily, (*family[:4], samples, *family[5:]))
        start = end


def _numbers(tails: list[bytes], fmt: Format) -> tuple[list[float], Sequence[float | None]]:
    """Values and timestamps; raises KeyError or ValueError for what is none."""
    stamps: Sequence[float | None] = [None] * len(tails)
    tokens = tails
    if any(b" " in tail for tail in tails):
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
