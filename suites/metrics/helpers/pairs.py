"""Comparisons of two scrapes that several rules share."""

from collections import defaultdict
from itertools import chain
from typing import cast

from stack.records.exposition.exposition import Exposition, MetricFamily
from stack.records.exposition.model import Labels
from stack.records.scrape.pair import Change, ScrapePair, sample_kind
from suites.core.rule import NotApplicable, NotCollected

COUNTER_LIKE = ("counter", "histogram", "summary")
"""Types whose series only grow and stay until the process ends."""


def declared(exposition: Exposition, *types: str) -> list[MetricFamily]:
    """The families of these types that have series, type by type; sorted once."""
    if "by type" not in exposition.cache:
        by_type = defaultdict[str, list[MetricFamily]](list)
        for family in exposition.families:
            if family[4]:  # by position: there may be very many
                by_type[family[1]].append(family)
        exposition.cache["by type"] = dict(by_type)
    found = cast("dict[str, list[MetricFamily]]", exposition.cache["by type"])
    return [*chain.from_iterable(found.get(kind, ()) for kind in types)]


def require_comparable(pair: ScrapePair, families: list[MetricFamily], none: str) -> None:
    """Raise why no series of these families of the first scrape can be compared with the second; `none` if none is."""
    if not families:
        raise NotApplicable(none)
    if pair.restarted:
        raise NotCollected("the process restarted between the two scrapes")
    twice = "duplicate_series" in pair.before.faults or "duplicate_series" in pair.after.faults
    if twice and not any(map(pair.changes, families)):
        raise NotCollected("each series is exposed twice, see `metrics/duplicate-series`")


def fallen_in(pair: ScrapePair, family: MetricFamily) -> list[Change]:
    """The series of the family with a lower value in the second scrape."""
    return [
        change
        for change in pair.changes(family)
        if change[1] is not None and change[1][2] < change[0][2]  # by position: this runs for every series
    ]


def sums_apart(pair: ScrapePair, family: MetricFamily) -> list[tuple[Change, float]]:
    """The sums of the family that changed although their count did not, each with that count."""
    sums, counts = family.name + "_sum", family.name + "_count"
    moved, still = [], {}
    for change in pair.changes(family):
        before, after = change
        if before[0] == sums and after is not None and after[2] != before[2] and before[2] == before[2]:
            moved.append(change)
        elif before[0] == counts and after is not None and after[2] == before[2]:
            still[frozenset(before[1])] = before[2]
    return [(change, still[key]) for change in moved if (key := frozenset(change.before.labels)) in still]


def recreated(pair: ScrapePair, family: MetricFamily, labels: Labels) -> bool:
    """The `_created` time of the series shows that it restarted between the scrapes."""
    key = f"created in {family.name}"
    if key not in pair.cache:
        changes = (change for change in pair.changes(family) if sample_kind(family, change.before) == "_created")
        pair.cache[key] = {frozenset(change.before.labels): change for change in changes}
    change = cast("dict[frozenset[tuple[str, str]], Change]", pair.cache[key]).get(own_labels(family, labels))
    return change is not None and change.after is not None and change.after.value > change.before.value


def subjects_gone(pair: ScrapePair) -> frozenset[tuple[str, str]]:
    """The labels of subjects that are gone: gauges carried them (`device="veth1"`), and now nothing does.

    With a device or a container all its metrics end; a counter that is merely dropped has no gauge that ends with it.
    """
    if "gone" not in pair.cache:
        now = {
            (label, value)
            for labels in pair.after.label_values.values()
            for label, values in labels.items()
            for value in values
        }
        gauges = [family.name for family in pair.before.families if family.type in {"gauge", "unknown", "info"}]
        before = pair.before.label_values
        pair.cache["gone"] = frozenset(
            (label, value)
            for name in gauges
            for label, values in before[name].items()
            for value in values
            if (label, value) not in now
        )
    return cast("frozenset[tuple[str, str]]", pair.cache["gone"])


def own_labels(family: MetricFamily, labels: Labels) -> frozenset[tuple[str, str]]:
    """The labels of the series that a sample belongs to: without the format's `le` and `quantile`."""
    formats_own = {"histogram": "le", "summary": "quantile"}.get(family.type)
    return frozenset(pair for pair in labels if pair[0] != formats_own)
