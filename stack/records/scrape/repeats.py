"""What many scrapes in a row show: counters that fall, types that change, and series that are new each time.

Scrapes within a second nearly always have the same series with other values: then the values are compared place by
place, and nothing else is read.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress, count
from math import isnan
from operator import le, lt

from stack.records.exposition.lines import Lines

START_TIME = b"process_start_time_seconds"
ENOUGH_SCRAPES = 5
SHARE_OF_SCRAPES = 0.8
"""A metric has new series each time where so many scrapes bring some: two of several at once may be alike."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A counter's series that had a lower value in a later scrape; `where` says in which of the scrapes."""

    series: str
    before: float
    after: float
    where: str


@dataclass(frozen=True, slots=True)
class NewSeries:
    """A metric of which `scrapes` scrapes of `of` in a row brought series that none before had."""

    metric: str
    series: str
    scrapes: int
    of: int


@dataclass(frozen=True, slots=True)
class NewType:
    """A metric that had another type in a later scrape; `where` says in which of the scrapes."""

    metric: str
    before: str
    after: str
    where: str


def differing(scrapes: Sequence[Lines]) -> tuple[frozenset[bytes], ...]:
    """For each scrape those of its series, as they are written, that not all of them have."""
    if all(lines.heads is scrapes[0].heads or lines.heads == scrapes[0].heads for lines in scrapes):
        return (frozenset(),) * len(scrapes)
    common = frozenset(scrapes[0].values).intersection(*(lines.values for lines in scrapes[1:]))
    return tuple(frozenset(lines.values.keys() - common) for lines in scrapes)


@dataclass
class Repeats:
    """Scrapes of one endpoint in one format: `first`, then `add` for each group that was fetched at the same time.

    `counters` are the names of samples that may not fall. `places` says which of the first scrape's tails are their
    values, where it is known that each tail is that of a sample of its own.
    """

    first: Lines
    counters: Collection[str] = ()
    places: list[int] | None = None
    restarted: bool = False
    falls: dict[bytes, Fall] = field(default_factory=dict)
    new_types: dict[bytes, NewType] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._highest = list[float]()
        """The highest value so far of each counter; empty as long as no scrape differed from the first."""
        self._seen = set[bytes]()
        self._new = list[dict[bytes, bytes]]()

    @cached_property
    def _counters(self) -> list[bytes]:
        if self.places is not None:
            return [self.first.heads[place].rpartition(b"\n")[2] for place in self.places]
        names = frozenset(map(str.encode, self.counters))
        return [series for series in self.first.values if series.partition(b"{")[0] in names]

    @cached_property
    def _places(self) -> list[int] | None:
        """The place of each counter, None where one has none."""
        if self.places is not None:
            return self.places
        places = [self.first.places[series] for series in self._counters if series in self.first.places]
        return places if len(places) == len(self._counters) else None

    @cached_property
    def _start(self) -> int | None:
        """The place of the start time where each tail is that of a sample."""
        ends = [place for place, head in enumerate(self.first.heads) if head.endswith(START_TIME)]
        return next((place for place in ends if self.first.heads[place].rpartition(b"\n")[2] == START_TIME), None)

    @cached_property
    def _at_first(self) -> list[float]:
        if self.places is not None:
            return _numbers(_at(self.first.tails, self.places))
        return _numbers(list(map(self.first.values.__getitem__, self._counters)))

    @property
    def count(self) -> int:
        """How many scrapes were compared with the first."""
        return len(self._new)

    def add(self, group: Iterable[Lines]) -> None:
        """Compare with what came before; a restart of the process ends the comparison."""
        highest = self._highest
        for lines in sorted(group, key=lambda lines: lines.size):  # of scrapes at once, those that grew came later
            if lines is self.first and not self._highest:
                self._new.append({})
                continue
            before = self._highest = self._highest or self._at_first
            highest = highest or before
            same_series = lines.heads is self.first.heads or lines.heads == self.first.heads
            self.restarted = self.restarted or self._restarts(lines, same_series=same_series)
            if self.restarted:
                return
            where = f"in scrape {len(self._new) + 2} of a series"
            if not same_series and lines.types != self.first.types:
                for metric, was in self.first.types.items():
                    if (now := lines.types.get(metric, was)) != was:
                        name = metric.decode(errors="replace")
                        self.new_types.setdefault(metric, NewType(name, was.decode(), now.decode(), where))
            fresh = () if same_series else lines.values.keys() - self.first.values.keys() - self._seen
            self._new.append({_metric(series): series for series in fresh})
            self._seen.update(fresh)
            numbers = self._now(lines, same_series=same_series)
            fallen = list(compress(count(), map(lt, numbers, before)))
            for place in fallen:
                series, created = self._counters[place], self._counters[place].replace(b"_total", b"_created", 1)
                if not self._changed(created, lines, same_series=same_series):
                    fall = Fall(series.decode(errors="replace"), before[place], numbers[place], where)
                    self.falls.setdefault(series, fall)
            plain = highest is before and not isnan(sum(before) + sum(numbers))
            risen = not fallen if plain else all(map(le, highest, numbers))
            highest = numbers if risen else list(map(max, highest, numbers))
        self._highest = highest

    def _restarts(self, lines: Lines, *, same_series: bool) -> bool:
        """Whether the process reports another start time than at first."""
        if same_series and self.places is not None:
            start = self._start
            return start is not None and _token(lines.tails[start]) != _token(self.first.tails[start])
        return START_TIME in self.first.values and self._changed(START_TIME, lines, same_series=same_series)

    def _changed(self, series: bytes, lines: Lines, *, same_series: bool) -> bool:
        """Whether a series is there with another value than at first."""
        first = self.first
        if same_series and series in first.places:
            return _token(lines.tails[first.places[series]]) != first.values[series]
        return lines.values.get(series) not in {None, first.values.get(series)}

    def _now(self, lines: Lines, *, same_series: bool) -> list[float]:
        """The value of each counter; what it had before where it is absent."""
        if same_series and lines.tails == self.first.tails:
            return self._at_first
        if same_series and self._places is not None:
            return _numbers(_at(lines.tails, self._places))
        found = map(lines.values.get, self._counters)
        return [top if value is None else _number(value) for value, top in zip(found, self._highest, strict=True)]

    def new_series(self) -> tuple[NewSeries, ...]:
        """The metrics with series that are new each time, up to a restart."""
        if len(self._new) < ENOUGH_SCRAPES:
            return ()
        times = Counter(metric for each in self._new for metric in each)
        last = {metric: series for each in self._new for metric, series in each.items()}
        return tuple(
            NewSeries(metric.decode(errors="replace"), last[metric].decode(errors="replace"), scrapes, len(self._new))
            for metric, scrapes in times.items()
            if scrapes >= SHARE_OF_SCRAPES * len(self._new)
        )


def _at(tails: Sequence[bytes], places: Sequence[int]) -> Sequence[bytes]:
    return tails if len(places) == len(tails) else list(map(tails.__getitem__, places))


def _token(tail: bytes) -> bytes:
    """The value as it is written, without its timestamp."""
    return tail.partition(b" ")[0]


def _metric(series: bytes) -> bytes:
    return series.partition(b"{")[0]


def _numbers(tails: Sequence[bytes]) -> list[float]:
    try:
        return list(map(float, tails))
    except ValueError:
        return list(map(_number, tails))


def _number(tail: bytes) -> float:
    try:
        return float(_token(tail))
    except ValueError:
        return float("nan")
