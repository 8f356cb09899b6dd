"""Finds secrets in text and masks them, in time linear in the text, by the kinds in `schemas/secret-kinds.yaml`.

Nothing here returns the secret itself: `find` says where it is and of which kind, `mask` replaces it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from stack.text.schema_data import schema_data
from stack.text.secret_checks import CHECKS, LINES_APART, Check

_BETWEEN = f"\n{LINES_APART}\n"
"""Between lines that are searched together: no pattern goes on across it."""

_BLOCK = 1 << 16
"""Characters searched at a time: one trigger among them costs no more than a search of so many."""


_AFTER = 80
"""Characters from its trigger on that a kind with `before` may take."""


@dataclass(frozen=True)
class SecretKind:
    """One kind of secret; `schemas/secret-kinds.yaml` explains the fields."""

    name: str
    pattern: re.Pattern[str]
    triggers: tuple[str, ...] = ()
    before: int = 0
    check: Check | None = None
    secrets: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()

    def matches(self, text: str, lowered: str) -> Iterator[tuple[int, int]]:
        """Where secrets of this kind are in `text`; `lowered` is the same text in lower case, of the same length."""
        candidates = self._triggered(text, lowered) if self.triggers else self.pattern.finditer(text)
        for match in candidates:
            if self.check is None or self.check(match):
                yield match.span(match.lastindex or 0)

    def _triggered(self, text: str, lowered: str) -> Iterator[re.Match[str]]:
        for trigger in self.triggers:
            done, at = 0, lowered.find(trigger)
            while at >= 0:
                if self.before:
                    match = self.pattern.search(text, max(done, at - self.before), at + _AFTER)
                else:
                    match = self.pattern.match(text, at)
                if match:
                    yield match
                    done = match.end()
                at = lowered.find(trigger, max(done, at + len(trigger)))


class Secret(NamedTuple):
    """A secret in a text: its kind and the characters `start` to `end` (exclusive) that it takes."""

    kind: str
    start: int
    end: int


@cache
def kinds() -> tuple[SecretKind, ...]:
    """All kinds, the most specific first: a secret of two kinds is named by the first."""
    data = schema_data("secret-kinds.yaml")
    definitions: dict[str, str] = {}
    for name, fragment in data["definitions"].items():
        definitions[name] = _expanded(fragment, definitions)
    return tuple(
        SecretKind(
            name=kind["name"],
            pattern=re.compile(_expanded(kind["pattern"], definitions)),
            triggers=tuple(kind.get("triggers", ())),
            before=kind.get("before", 0),
            check=CHECKS[kind["check"]] if "check" in kind else None,
            secrets=tuple(kind["secrets"]),
            harmless=tuple(kind.get("harmless", ())),
        )
        for kind in data["kinds"]
    )


@cache
def _triggers() -> tuple[tuple[str, int], ...]:
    """Every trigger with the rank of its kind; the empty text, which is in every text, where a kind has none."""
    return tuple((trigger, rank) for rank, kind in enumerate(kinds()) for trigger in kind.triggers or ("",))


def _expanded(pattern: str, definitions: Mapping[str, str]) -> str:
    for name, fragment in definitions.items():
        pattern = pattern.replace(f"{{{name}}}", fragment)
    return pattern


def find(text: str) -> list[Secret]:
    """The secrets in `text`, in order and without overlaps; where two overlap, the earlier kind names both."""
    # The one character whose lower case is longer than itself would shift all places behind it.
    lowered = text.replace("\u0130", "I").lower()
    known = kinds()
    possible = sorted({rank for trigger, rank in _triggers() if trigger in lowered})
    return _apart([(start, end, rank) for rank in possible for start, end in known[rank].matches(text, lowered)])


def mask(text: str) -> str:
    """`text` with each secret replaced by its kind, such as `[masked: bearer token]`; idempotent."""
    parts, done = [], 0
    for secret in find(text):
        parts += [text[done : secret.start], f"[masked: {secret.kind}]"]
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


def _apart(found: list[tuple[int, int, int]]) -> list[Secret]:
    """Places (start, end, rank of kind) joined where they overlap, in order of place."""
    joined: list[tuple[int, int, int]] = []
    for start, end, rank in sorted(found):
        if joined and start < joined[-1][1]:
            begun, until, better = joined[-1]
            joined[-1] = (begun, max(until, end), min(better, rank))
        else:
            joined.append((start, end, rank))
    return [Secret(kinds()[rank].name, start, end) for start, end, rank in joined]
