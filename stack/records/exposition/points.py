"""Groups a family's samples into metrics and their points; checks that groups are whole and that series are unique.

A metric is one label set of a family (without `le`, `quantile` or the state), a point is that metric at one timestamp.
Source: OpenMetrics 1.0 "Metric", "MetricPoint".
"""

from collections import Counter
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Generic, TypeVar

from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import Faults
from stack.records.exposition.model import Format, Labels, Sample

Point = TypeVar("Point")
_Key = frozenset[tuple[str, str]]


class Points(Generic[Point]):
    """The points of one family, each with what its kind of check needs to remember (made by `make`)."""

    def __init__(self, draft: FamilyDraft, faults: Faults, make: Callable[[], Point]) -> None:
        self._draft = draft
        self._faults = faults
        self._make = make
        self._strict = draft.format is Format.OPENMETRICS
        self._metric: _Key | None = None
        self._stamps: dict[_Key, float | None] = {}
        self.by_key: dict[tuple[_Key, float | None], Point] = {}

    def turn(self, own: Iterable[tuple[str, str]], sample: Sample, *, in_a_row: bool = True) -> Point:
        """The point that a sample with the metric's `own` labels belongs to.

        In OpenMetrics a metric or point that was left before is a fault, and so is a falling timestamp. The text
        format knows one point per metric, in any order.
        """
        metric = frozenset(own)
        stamp = sample.timestamp if self._strict else None
        if self._strict:
            self._check(metric, stamp, sample, in_a_row=in_a_row)
        key = (metric, stamp)
        point = self.by_key.get(key)
        if point is None:
            point = self.by_key[key] = self._make()
        return point

    def _check(self, metric: _Key, stamp: float | None, sample: Sample, *, in_a_row: bool) -> None:
        draft, report = self._draft, self._faults.report
        if metric not in self._stamps:
            self._stamps[metric] = stamp
        else:
            before = self._stamps[metric]
            if metric != self._metric and in_a_row:
                report("interleaved_metrics", sample.line, draft.name, series=sample.series)
            elif stamp != before:
                self._check_time(before, stamp, (metric, stamp) in self.by_key, sample)
            self._stamps[metric] = stamp
        self._metric = metric

    def _check_time(self, before: float | None, stamp: float | None, again: bool, sample: Sample) -> None:
        draft, report = self._draft, self._faults.report
        if again:
            report("interleaved_metrics", sample.line, draft.name, series=sample.series)
        elif before is None or stamp is None:
            report("unordered_timestamps", sample.line, draft.name, "mixed", series=sample.series)
        elif stamp < before:
            report("unordered_timestamps", sample.line, draft.name, "falling", series=sample.series)


def check_labels(draft: FamilyDraft, faults: Faults) -> None:
    """Each label name occurs once in the label set of a sample."""
    labels = list(map(itemgetter(1), draft.samples))
    if sum(map(len, map(dict, labels))) == sum(map(len, labels)):
        return
    for sample in draft.samples:
        twice = repeated(sample.labels)
        series = sample.series if twice else ""
        for name in twice:
            faults.report("duplicate_label_name", sample.line, draft.name, name, series=series)


def repeated(labels: Labels) -> list[str]:
    """The label names that occur more than once."""
    return [name for name, times in Counter(map(itemgetter(0), labels)).items() if times > 1]


def check_series(draft: FamilyDraft, faults: Faults) -> None:
    """Each series once; in OpenMetrics once per timestamp, in a row, with rising timestamps."""
    samples = draft.samples
    openmetrics = draft.format is Format.OPENMETRICS
    one_name = samples[0].name == samples[-1].name and len(set(map(itemgetter(0), samples))) == 1
    if one_name and not (openmetrics and draft.timestamped):
        keys = list(map(hash, map(frozenset, map(itemgetter(1), samples))))
        if len(set(keys)) == len(keys):
            return
    _check_one_by_one(draft, faults)


def _check_one_by_one(draft: FamilyDraft, faults: Faults) -> None:
    points = Points(draft, faults, set[str])
    own_label = draft.name if draft.type == "stateset" else None
    in_a_row = draft.type != "info"  # its labels are both the metric's own and the information
    for sample in draft.samples:
        own = [pair for pair in sample.labels if pair[0] != own_label]
        series = sample.name + (dict(sample.labels).get(own_label, "") if own_label else "")
        seen = points.turn(own, sample, in_a_row=in_a_row)
        if series in seen:
            faults.report("duplicate_series", sample.line, draft.name, series=sample.series)
        seen.add(series)
