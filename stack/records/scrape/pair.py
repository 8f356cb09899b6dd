"""Two expositions of one service, one after the other, as a frozen record, for what one scrape alone cannot show.

The text form is the first exposition, a line `--- 15 s later`, the second one. The line may go on:
`--- 15 s later, 20 requests sent of 4 kinds, at 2026-01-31T12:00:00Z` (the moment of the second scrape).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Self

from stack.records.exposition.exposition import Exposition, MetricFamily
from stack.records.exposition.model import Format, Sample

SEPARATOR = re.compile(
    r"^--- (?P<seconds>[0-9.]+) s later(?:, (?P<sent>[0-9]+) requests sent(?: of (?P<kinds>[0-9]+) kinds)?)?"
    r"(?:, at (?P<at>\S+))?$",
    re.MULTILINE,
)
START_TIME = "process_start_time_seconds"


class Change(NamedTuple):
    """One series at both scrapes; `after` is None where it vanished."""

    before: Sample
    after: Sample | None


@dataclass(frozen=True, slots=True)
class ScrapePair:
    """Two expositions: `seconds` apart, `sent` requests in between, the second one taken at `at` (Unix seconds).

    `kinds` is how many of the requests differ from each other; 0 where that is not known.
    """

    before: Exposition
    after: Exposition
    seconds: float
    sent: int | None = None
    at: float | None = None
    kinds: int = 0
    cache: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        return self.before.nothing_to_judge or self.after.nothing_to_judge

    @property
    def restarted(self) -> bool:
        """The process reports a later start time: then counters may begin at 0 again."""
        before, after = (_start_time(exposition) for exposition in (self.before, self.after))
        return before is not None and after is not None and after > before

    def families(self) -> Iterator[tuple[MetricFamily, MetricFamily | None]]:
        """Each family of the first scrape with its counterpart in the second one, or None."""
        later = self._later()
        for family in self.before.families:
            yield family, later.get(family.name)

    def changes(self, family: MetricFamily) -> list[Change]:
        """The series of a family of the first scrape with the outcome of each, in exposed order."""
        key = f"changes of {family.name}"
        if key not in self.cache:
            counterpart = self._later().get(family.name)
            self.cache[key] = _changes(family.samples, counterpart.samples if counterpart else ())
        return self.cache[key]  # type: ignore[return-value]  # only the line above writes this key

    def _later(self) -> dict[str, MetricFamily]:
        if "later" not in self.cache:
            self.cache["later"] = {family.name: family for family in self.after.families}
        return self.cache["later"]  # type: ignore[return-value]  # only the line above writes this key

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form (see the module); raises ValueError where the separating line is missing."""
        separator = SEPARATOR.search(text)
        if separator is None:
            raise ValueError("two expositions are separated by a line like `--- 15 s later`")
        sent, at = separator["sent"], separator["at"]
        return cls(
            before=Exposition.parse(text[: separator.start()]),
            after=Exposition.parse(text[separator.end() + 1 :]),
            seconds=float(separator["seconds"]),
            sent=int(sent) if sent else None,
            at=datetime.fromisoformat(at).timestamp() if at else None,
            kinds=int(separator["kinds"] or 0),
        )


def _changes(before: Sequence[Sample], after: Sequence[Sample]) -> list[Change]:
    later = {sample[:2]: sample for sample in after}
    if len(later) < len(after) or len({sample[:2] for sample in before}) < len(before):
        # `duplicate-series` reports it: which of the samples goes with which is not known.
        before, after = _single(before), _single(after)
        later = {sample[:2]: sample for sample in after}
    found = [Change(sample, later.get(sample[:2])) for sample in before]
    if all(change.after for change in found):
        return found
    # Label order may change between scrapes: only the series missed so far are worth the slower comparison.
    unordered = {(sample.name, frozenset(sample.labels)): sample for sample in after}
    return [
        change
        if change.after
        else Change(change.before, unordered.get((change.before.name, frozenset(change.before[1]))))
        for change in found
    ]


def _single(samples: Sequence[Sample]) -> list[Sample]:
    """The samples of series that are there once."""
    times = Counter(sample[:2] for sample in samples)
    return [sample for sample in samples if times[sample[:2]] == 1]


def sample_kind(family: MetricFamily, sample: Sample) -> str:
    """What a sample of a family is: its suffix (`_total`, `_bucket`, `_sum`, `_count`, `_created`, …) or ""."""
    if family.format is Format.TEXT and family.type == "counter":
        return "_total"
    return sample.name[len(family.name) :] if sample.name.startswith(family.name) else ""


def _start_time(exposition: Exposition) -> float | None:
    for family in exposition.families:
        if family.name == START_TIME and family.samples:
            return family.samples[0].value
    return None
