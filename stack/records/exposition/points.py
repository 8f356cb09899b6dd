"""Groups a family's samples into metrics and their points, and tells where a group is torn apart.

A metric is one label set of a family (without `le`, `quantile` or the state), a point is that metric at one timestamp.
Source: OpenMetrics 1.0 "Metric", "MetricPoint".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import Violations
from stack.records.exposition.model import Format, Sample

Point = TypeVar("Point")
_Key = frozenset[tuple[str, str]]


class Points(Generic[Point]):
    """The points of one family, each with what its kind of check needs to remember (made by `make`)."""

    def __init__(self, draft: FamilyDraft, violations: Violations, make: Callable[[], Point]) -> None:
        self._draft = draft
        self._violations = violations
        self._make = make
        self._strict = draft.format is Format.OPENMETRICS
        self._metric: _Key | None = None
        self._stamps: dict[_Key, float | None] = {}
        self.by_key: dict[tuple[_Key, float | None], Point] = {}

    def turn(self, own: Iterable[tuple[str, str]], sample: Sample, *, in_a_row: bool = True) -> Point:
        """The point that a sample with the metric's `own` labels belongs to.

        In OpenMetrics it is told when the metric or the point was left before, and when time runs backwards. The text
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
        draft, report = self._draft, self._violations.report
        if metric not in self._stamps:
            self._stamps[metric] = stamp
        else:
            before = self._stamps[metric]
            if metric != self._metric and in_a_row:
                report("openmetrics-metrics-contiguous", sample.line, draft.name, detail=(sample.series,))
            elif stamp != before:
                self._check_time(before, stamp, (metric, stamp) in self.by_key, sample)
            self._stamps[metric] = stamp
        self._metric = metric

    def _check_time(self, before: float | None, stamp: float | None, again: bool, sample: Sample) -> None:
        draft, report = self._draft, self._violations.report
        if again:
            report("openmetrics-metrics-contiguous", sample.line, draft.name, detail=(sample.series,))
        elif before is None or stamp is None:
            report("openmetrics-timestamps-increase", sample.line, draft.name, "mixed", detail=(sample.series,))
        elif stamp < before:
            report("openmetrics-timestamps-increase", sample.line, draft.name, "falling", detail=(sample.series,))
