"""Checks summaries, quantile by quantile.

Sources: OpenMetrics 1.0 "Summary"; the text format's "Histograms and summaries".
"""

from dataclasses import dataclass, field
from math import isnan, nan

from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import Faults
from stack.records.exposition.grammar import BadNumberError, number, shown
from stack.records.exposition.model import Format, Sample
from stack.records.exposition.points import Points


@dataclass(slots=True)
class _Summary:
    """What is known of one summary point."""

    quantile: float = -1.0
    count: float = nan
    values: list[Sample] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


class _SummaryCheck:
    def __init__(self, draft: FamilyDraft, faults: Faults) -> None:
        self.draft = draft
        self.report = faults.report
        self.strict = draft.format is Format.OPENMETRICS
        self.points = Points(draft, faults, _Summary)

    def sample(self, sample: Sample) -> None:
        labels = dict(sample.labels)
        quantile = labels.pop("quantile", None)
        if len(labels) + (quantile is not None) < len(sample.labels):
            names = [name for name, _ in sample.labels]
            twice = next(name for name in names if names.count(name) > 1)
            self.report("duplicate_label_name", sample.line, self.draft.name, twice, series=sample.series)
        point = self.points.turn(labels.items(), sample)
        suffix = sample.name[len(self.draft.name) :]
        series = suffix or f"quantile {quantile}"
        if series in point.seen:
            self.report("duplicate_series", sample.line, self.draft.name, series=sample.series)
        point.seen.add(series)
        if suffix:
            self.total(suffix, quantile, point, sample)
        else:
            self.quantile(quantile, point, sample)

    def total(self, suffix: str, quantile: str | None, point: _Summary, sample: Sample) -> None:
        name = self.draft.name
        if quantile is not None:
            self.report("misplaced_quantile_label", sample.line, name, suffix, series=sample.series)
        if suffix == "_count":
            point.count = sample.value
        if not self.strict or suffix == "_created":
            return
        whole = suffix == "_sum" or sample.value.is_integer()
        if not sample.value >= 0 or not whole:
            self.report("bad_summary_value", sample.line, name, suffix, series=sample.series, value=shown(sample.value))

    def quantile(self, quantile: str | None, point: _Summary, sample: Sample) -> None:
        name, value = self.draft.name, _number(quantile)
        if value is None or (self.strict and not 0 <= value <= 1):
            self.report("bad_quantile", sample.line, name, quantile or "", series=sample.series)
            return
        if not 0 <= value <= 1:
            self.report("quantile_above_one", sample.line, name, quantile or "", series=sample.series)
        if not self.strict and value < point.quantile:
            self.report("unsorted_quantiles", sample.line, name, series=sample.series)
        point.quantile = value
        point.values.append(sample)
        if self.strict and sample.value < 0:
            self.bad_value(sample, "negative")

    def bad_value(self, sample: Sample, reason: str) -> None:
        value = shown(sample.value)
        self.report("bad_quantile_value", sample.line, self.draft.name, reason, series=sample.series, value=value)

    def finish(self) -> None:
        """Without a single event there is nothing to take a quantile of."""
        if not self.strict:
            return
        for point in self.points.by_key.values():
            for sample in point.values if point.count == 0 else ():
                if not isnan(sample.value):
                    self.bad_value(sample, "no events")


def check_summary(draft: FamilyDraft, faults: Faults) -> None:
    """Quantiles are in 0..1, sorted in the text format; count and sum are counters in OpenMetrics."""
    check = _SummaryCheck(draft, faults)
    for sample in draft.samples:
        check.sample(sample)
    check.finish()


def _number(text: str | None) -> float | None:
    try:
        value = number(text or "")
    except BadNumberError:
        return None
    return None if isnan(value) else value
