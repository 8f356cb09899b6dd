"""Checks histograms and gauge histograms, bucket by bucket.

Sources: OpenMetrics 1.0 "Histogram" and "GaugeHistogram"; the text format's "Histograms and summaries".
"""

from dataclasses import dataclass, field
from math import inf, isnan, nan
from operator import itemgetter

from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import Faults
from stack.records.exposition.grammar import BadNumberError, number, shown
from stack.records.exposition.model import Format, Labels, Sample
from stack.records.exposition.points import Points


@dataclass(slots=True)
class _Point:
    """One histogram: the last bucket's bound and value, and the totals as far as they were seen."""

    bound: float = -inf
    bound_text: str = ""
    value: float = -inf
    infinite: float | None = None
    fell: bool = False
    first: Sample | None = None
    count: Sample | None = None
    sum: Sample | None = None
    negative: bool = False
    again: bool = False
    bounds: set[str | None] = field(default_factory=set)
    others: set[str] = field(default_factory=set)


class _Bounds(dict[str, float]):
    """The values of `le` labels by their text; NaN where it is no number."""

    def __missing__(self, text: str) -> float:
        """Read a bound not seen yet."""
        try:
            value = number(text)
        except BadNumberError:
            value = nan
        self[text] = value
        return value


class _Check:
    def __init__(self, draft: FamilyDraft, faults: Faults) -> None:
        self.draft = draft
        self.name = draft.name
        self.report = faults.report
        self.strict = draft.format is Format.OPENMETRICS
        self.gauge = draft.type == "gaugehistogram"
        self.count, self.sum = ("_gcount", "_gsum") if self.gauge else ("_count", "_sum")
        self.points = Points(draft, faults, _Point)
        self.unread_bound = False

    def run(self) -> None:
        """Go through the samples in order, then judge each point as a whole."""
        bucket, bounds = f"{self.name}_bucket", _Bounds()
        bound_text: str | None
        own_before: Labels | None = None
        stamp_before: float | None = None
        point = _Point()
        for sample in self.draft.samples:
            name, labels, _, stamp, _, _ = sample
            if name == bucket and labels and labels[-1][0] == "le":
                own, bound_text = labels[:-1], labels[-1][1]
            else:
                own, bound_text = self.split(sample)
            if own != own_before or stamp != stamp_before:
                own = self.check_labels(own, sample)
                point = self.points.turn(own, sample)
                point.first = point.first or sample
                own_before, stamp_before = own, stamp
            if name != bucket:
                self.total(sample, point)
            elif bound_text in point.bounds:
                self.again(sample, point)
            elif bound_text is not None:
                self.bucket(sample, bounds[bound_text], bound_text, point)
        points = self.points.by_key.values()
        apart = any(point.first and point.count and not point.bounds for point in points)
        for each in points:
            self.finish(each, apart=apart)

    def bucket(self, sample: Sample, bound: float, text: str, point: _Point) -> None:
        """A bucket whose label set is new to its point."""
        value = sample.value
        point.bounds.add(text)
        if not value.is_integer() or value < 0:
            self.bad_value(sample)
        known = value >= 0
        if not bound > point.bound:
            self.misplaced(bound, text, sample, point)
            if isnan(bound):
                return
        elif known and value < point.value:
            point.fell = True
            detail = {"value": shown(value), "before": shown(point.value), "bound": point.bound_text}
            self.report("falling_buckets", sample.line, self.name, series=sample.series, **detail)
        if bound == inf:
            point.infinite = value if known else nan
            if text != "+Inf":
                self.report("misspelled_infinity", sample.line, self.name, text)
        elif bound < 0:
            point.negative = True
        point.bound, point.bound_text, point.value = bound, text, value if known else point.value

    def split(self, sample: Sample) -> tuple[Labels, str | None]:
        """The metric's own labels and the text of `le`, for samples where it is not simply the last label."""
        own = tuple(pair for pair in sample.labels if pair[0] != "le")
        bounds = [value for name, value in sample.labels if name == "le"]
        if sample.name == f"{self.name}_bucket":
            if not bounds:
                kind = self.draft.type
                self.report("bad_histogram_sample", sample.line, self.name, kind, "no le", series=sample.series)
                self.unread_bound = True
        elif bounds:
            self.report(
                "misplaced_le_label", sample.line, self.name, sample.name[len(self.name) :], series=sample.series
            )
        if len(bounds) > 1:
            self.report("duplicate_label_name", sample.line, self.name, "le", series=sample.series)
        return own, bounds[-1] if bounds else None

    def again(self, sample: Sample, point: _Point) -> None:
        """A series that was there before; which of its values goes with the others is not known."""
        point.again = True
        self.report("duplicate_series", sample.line, self.name, series=sample.series)

    def check_labels(self, own: Labels, sample: Sample) -> Labels:
        """The metric's own labels without a second `le`."""
        names = list(map(itemgetter(0), own))
        if len(set(names)) == len(names) and "le" not in names:
            return own
        twice = next((name for name in names if names.count(name) > 1), "le")
        self.report("duplicate_label_name", sample.line, self.name, twice, series=sample.series)
        return tuple(pair for pair in own if pair[0] != "le")

    def misplaced(self, bound: float, text: str, sample: Sample, point: _Point) -> None:
        """A bucket whose bound is not above the one before."""
        if isnan(bound):
            self.unread_bound = True
            self.report("bad_bucket_bound", sample.line, self.name, text, series=sample.series)
        elif bound < point.bound:
            self.report("unsorted_buckets", sample.line, self.name, series=sample.series, before=point.bound_text)
        else:
            self.report("duplicate_bucket_bound", sample.line, self.name, point.bound_text, text, series=sample.series)

    def bad_value(self, sample: Sample) -> None:
        """A bucket or count value that is no natural number."""
        detail = {"series": sample.series, "value": shown(sample.value)}
        if not sample.value >= 0:
            self.report("bad_histogram_value", sample.line, self.name, **detail)
        elif self.strict:
            self.report("fractional_histogram_value", sample.line, self.name, **detail)

    def miscounted(self, point: _Point, count: Sample) -> bool:
        """Whether the count or the bucket `+Inf` is no number of observations at all, which `bad_value` reports."""
        both = count.value, point.infinite or 0.0
        return any(not value >= 0 or (self.strict and not value.is_integer()) for value in both)

    def total(self, sample: Sample, point: _Point) -> None:
        """A sample that is no bucket."""
        suffix = sample.name[len(self.name) :]
        if suffix in point.others:
            self.again(sample, point)
        point.others.add(suffix)
        if suffix == self.count:
            point.count = sample
            if not sample.value.is_integer() or sample.value < 0:
                self.bad_value(sample)
        elif suffix == self.sum:
            point.sum = sample
        elif not suffix:
            self.report("bad_histogram_sample", sample.line, self.name, self.draft.type, self.name)

    def finish(self, point: _Point, *, apart: bool) -> None:
        """What a point must have once all its samples are seen.

        `apart`: some counts have no buckets, which is reported for them; the buckets under other labels are theirs.
        """
        first, count = point.first, point.count
        if first is None or point.others == {""}:
            return
        series = Sample(self.name, tuple(pair for pair in first.labels if pair[0] != "le"), 0, None, 0).series
        if point.infinite is None and self.unread_bound:
            return  # it may be a bucket whose bound is missing or no number
        if point.infinite is None:
            self.report("missing_infinite_bucket", first.line, self.name, series=series)
        elif point.again:
            return
        elif count is not None and count.value != point.infinite and not (point.fell or self.miscounted(point, count)):
            detail = {"count": shown(count.value), "infinite": shown(point.infinite)}
            self.report("bad_histogram_count", count.line, self.name, "differs", series=series, **detail)
        if self.gauge and self.draft.foreign:
            return  # `_sum` and `_count` instead of `_gsum` and `_gcount`, which is reported
        if self.strict:
            self.finish_strict(point, series, first.line)
        elif count is None and point.infinite is not None and not apart:
            self.report("bad_histogram_count", first.line, self.name, "missing", series=series)

    def finish_strict(self, point: _Point, series: str, line: int) -> None:
        total = point.sum
        if (total is None) != (point.count is None):
            have, lack = (self.sum, self.count) if total else (self.count, self.sum)
            self.report("count_or_sum_alone", line, self.name, have, lack, series=series)
        if total is None:
            return
        if point.negative and not self.gauge:
            self.report("sum_with_negative_bounds", total.line, self.name, series=series)
        elif isnan(total.value) or (total.value < 0 and not point.negative):
            self.report("bad_histogram_sum", total.line, self.name, series=total.series, value=shown(total.value))


def check_histogram(draft: FamilyDraft, faults: Faults) -> None:
    """Check one family of type histogram or gaugehistogram."""
    _Check(draft, faults).run()
