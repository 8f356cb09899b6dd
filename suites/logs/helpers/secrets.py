"""Finds secrets in text and masks them, in time linear in the text.

Nothing here returns the secret itself: `find` says where it stands and of which kind it is, `mask` replaces it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from suites.logs.helpers.secret_kinds import KINDS, SecretKind

_BETWEEN = "\n\0\n"
"""Stands between lines that are searched together: no pattern goes on across it."""

_BLOCK = 1 << 16
"""Characters searched at a time: one trigger among them costs no more than a search of so many."""


class Secret(NamedTuple):
    """A secret in a text: its kind and the characters `start` to `end` (exclusive) that hold it."""

    kind: str
    start: int
    end: int


def find(text: str) -> list[Secret]:
    """The secrets in `text`, in order and without overlaps; where two overlap, the more telling kind names both."""
    lowered = text.lower()
    found: list[tuple[int, int, int]] = []
    for rank, kind in enumerate(KINDS):
        if not kind.triggers or any(trigger in lowered for trigger in kind.triggers):
            found += ((start, end, rank) for start, end in _matches(kind, text))
    return _apart(found)


def mask(text: str) -> str:
    """`text` with each secret replaced by its kind in brackets, such as `[bearer token]`."""
    parts, done = [], 0
    for secret in find(text):
        parts += [text[done : secret.start], f"[{secret.kind}]"]
        done = secret.end
    return "".join([*parts, text[done:]]) if parts else text


def find_in_lines(lines: Sequence[str]) -> Iterator[tuple[int, Secret]]:
    """The secrets in many lines, each with the index of the line it begins in and its place within that line.

    Lines are searched in blocks, which costs a fraction of searching each by itself.
    """
    first = 0
    while first < len(lines):
        starts, size, last = [], 0, first
        while last < len(lines) and size < _BLOCK:
            starts.append(size)
            size += len(lines[last]) + len(_BETWEEN)
            last += 1
        for secret in find(_BETWEEN.join(lines[first:last])):
            index = bisect_right(starts, secret.start) - 1
            start = starts[index]
            end = min(secret.end - start, len(lines[first + index]))
            yield first + index, Secret(secret.kind, secret.start - start, end)
        first = last


def _matches(kind: SecretKind, text: str) -> Iterator[tuple[int, int]]:
    group = 1 if kind.pattern.groups else 0
    for match in kind.pattern.finditer(text):
        if kind.genuine(match):
            yield match.span(group)


def _apart(found: list[tuple[int, int, int]]) -> list[Secret]:
    """Places (start, end, rank of kind) joined where they overlap, in order of place."""
    joined: list[tuple[int, int, int]] = []
    for start, end, rank in sorted(found):
        if joined and start < joined[-1][1]:
            begun, until, better = joined[-1]
            joined[-1] = (begun, max(until, end), min(better, rank))
        else:
            joined.append((start, end, rank))
    return [Secret(KINDS[rank].name, start, end) for start, end, rank in joined]
