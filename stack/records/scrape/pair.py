"""Two expositions of one service, one after the other, as a frozen record, for what one scrape alone cannot show.

The text form is the first exposition, a line `--- 15 s later`, the second one. The line may go on:
`--- 15 s later, 20 requests sent of 4 kinds, 1 unanswered, at 2026-01-31T12:00:00Z` (the moment of the second scrape).
Further scrapes may come after a line `--- at once` each.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress
from math import inf
from operator import is_, itemgetter, lt, ne
from typing import NamedTuple, Self, cast

from stack.records.exposition.exposition import Exposition, MetricFamily
from stack.records.exposition.lines import Lines
from stack.records.exposition.model import Format, Sample
from stack.records.scrape.repeats import Fall, NewSeries, NewType, Repeats

SEPARATOR = re.compile(
    r"^--- (?P<seconds>[0-9.]+) s later(?:, (?P<sent>[0-9]+) requests sent(?: of (?P<kinds>[0-9]+) kinds)?)?"
    r"(?:, (?P<unanswered>[0-9]+) unanswered)?"
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

    `kinds` is how many of the requests differ from each other; 0 where that is not known. `unanswered` of them got no
    answer. `repeated`
    scrapes came right after the second one; `falls`, `new_types` and `new_series` are what they show, `falls` also what
    Prometheus stored. The series of `unsteady` metrics are not the same in scrapes at the same time.
    """

    before: Exposition
    after: Exposition
    seconds: float
    sent: int | None = None
    at: float | None = None
    kinds: int = 0
    repeated: int = 0
    falls: tuple[Fall, ...] = ()
    new_series: tuple[NewSeries, ...] = ()
    new_types: tuple[NewType, ...] = ()
    unsteady: frozenset[str] = frozenset()
    unanswered: int = 0
    cache: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        return self.before.nothing_to_judge or self.after.nothing_to_judge

    @property
    def restarted(self) -> bool:
        """The process reports a later start time: then counters may begin at 0 again."""
        if "restarted" not in self.cache:
            before, after = (_start_time(exposition) for exposition in (self.before, self.after))
            self.cache["restarted"] = before is not None and after is not None and after > before
        return bool(self.cache["restarted"])

    def families(self) -> Iterator[tuple[MetricFamily, MetricFamily | None]]:
        """Each family of the first scrape with its counterpart in the second one, or None, unless they are equal."""
        if "changed" not in self.cache:
            before, after, name = self.before.families, self.after.families, itemgetter(0)
            later: Sequence[MetricFamily | None] = after
            if len(before) != len(after) or any(map(ne, map(name, before), map(name, after))):
                later = list(map(self._later().get, map(name, before)))
            self.cache["changed"] = list(compress(zip(before, later, strict=True), map(ne, before, later)))
        yield from cast("list[tuple[MetricFamily, MetricFamily | None]]", self.cache["changed"])

    def lowered(self) -> Iterator[MetricFamily]:
        """The families of the first scrape of which a series may be gone or lower; of the others none is."""
        if "lowered" not in self.cache:
            self.cache["lowered"] = [family for family, later in self.families() if _may_be_lower(family, later)]
        yield from cast("list[MetricFamily]", self.cache["lowered"])

    def changes(self, family: MetricFamily) -> list[Change]:
        """The series of a family of the first scrape with the outcome of each, in exposed order."""
        key = f"changes of {family.name}"
        if key not in self.cache:
            counterpart = self._later().get(family.name)
            newest = _newest if family.format is Format.OPENMETRICS else tuple
            self.cache[key] = _changes(newest(family.samples), newest(counterpart.samples if counterpart else ()))
        return self.cache[key]  # type: ignore[return-value]  # only the line above writes this key

    def _later(self) -> dict[str, MetricFamily]:
        if "later" not in self.cache:
            self.cache["later"] = dict(zip(map(itemgetter(0), self.after.families), self.after.families, strict=True))
        return self.cache["later"]  # type: ignore[return-value]  # only the line above writes this key

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form (see the module); raises ValueError where the separating line is missing."""
        separator = SEPARATOR.search(text)
        if separator is None:
            raise ValueError("two expositions are separated by a line like `--- 15 s later`")
        sent, at = separator["sent"], separator["at"]
        second, *more = text[separator.end() + 1 :].split("--- at once\n")
        after = Exposition.parse(second)
        counters = {family.exposed_name for family in after.families if family.type == "counter"}
        repeats = Repeats(Lines(second.encode()), counters)
        for body in more:
            repeats.add([Lines(body.encode())])
        return cls(
            before=Exposition.parse(text[: separator.start()]),
            after=after,
            repeated=repeats.count,
            falls=tuple(repeats.falls.values()),
            new_series=repeats.new_series(),
            new_types=tuple(repeats.new_types.values()),
            seconds=float(separator["seconds"]),
            sent=int(sent) if sent else None,
            at=datetime.fromisoformat(at).timestamp() if at else None,
            kinds=int(separator["kinds"] or 0),
            unanswered=int(separator["unanswered"] or 0),
        )


def _may_be_lower(family: MetricFamily, later: MetricFamily | None) -> bool:
    before, after = family[4], later[4] if later is not None else ()
    if len(before) != len(after):
        return True
    if len(before) == 1:  # apart: there may be very many such families
        one, other = before[0], after[0]
        return other[2] < one[2] or other[0] != one[0] or (other[1] is not one[1] and other[1] != one[1])
    series, values = itemgetter(0, 1), itemgetter(2)
    lower = any(map(lt, map(values, after), map(values, before)))
    return lower or any(map(ne, map(series, before), map(series, after)))


def _changes(before: Sequence[Sample], after: Sequence[Sample]) -> list[Change]:
    labels = list(map(itemgetter(1), before))
    # The very labels of the first scrape are those of the same line, see `read_again`.
    if len(before) == len(after) and all(labels) and all(map(is_, labels, map(itemgetter(1), after))):
        return list(map(Change, before, after))
    later = {sample[:2]: sample for sample in after}
    if len(later) < len(after) or len({sample[:2] for sample in before}) < len(before):
        # `duplicate-series` reports it: which of the samples goes with which is not known.
        twice = _twice(before) | _twice(after)
        before, after = ([sample for sample in side if sample[:2] not in twice] for side in (before, after))
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


def _newest(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The last of the points that a series may have at several times."""
    if not any(map(itemgetter(3), samples)):
        return samples
    newest = dict[object, float]()
    for sample in samples:
        newest[sample[:2]] = max(newest.get(sample[:2], -inf), sample.timestamp or 0)
    return [sample for sample in samples if (sample.timestamp or 0) == newest[sample[:2]]]


def _twice(samples: Sequence[Sample]) -> frozenset[object]:
    """The series that are there more than once."""
    return frozenset(series for series, times in Counter(sample[:2] for sample in samples).items() if times > 1)


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
