"""Checks families by their type: counters, statesets, infos, summaries (histograms have their own file).

Source: OpenMetrics 1.0 "Metric Types", and "Histograms and summaries" of the text format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan, nan
from operator import itemgetter

from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import Violations
from stack.records.exposition.grammar import BadNumberError, number, shown
from stack.records.exposition.model import Format, Sample
from stack.records.exposition.points import Points


def check_plain(draft: FamilyDraft, violations: Violations) -> None:
    """Counters hold numbers from 0 up; gauges and unknowns may hold anything."""
    if draft.type != "counter":
        return
    values = list(map(itemgetter(2), draft.samples))
    if min(values) >= 0 and not any(map(isnan, values)):
        return
    created = f"{draft.name}_created" if draft.format is Format.OPENMETRICS else ""
    for sample in draft.samples:
        if sample.name != created and not sample.value >= 0:
            detail = (sample.series, shown(sample.value))
            violations.report("counter-values", sample.line, draft.name, detail=detail)


def check_stateset(draft: FamilyDraft, violations: Violations) -> None:
    """Each sample of a stateset names its state in a label called like the family, and is 0 or 1."""
    for sample in draft.samples:
        if all(name != draft.name for name, _ in sample.labels):
            violations.report("openmetrics-stateset-label", sample.line, draft.name, detail=(sample.series,))
        elif sample.value not in {0, 1}:
            detail = (sample.series, shown(sample.value))
            violations.report("openmetrics-stateset-values", sample.line, draft.name, detail=detail)


def check_info(draft: FamilyDraft, violations: Violations) -> None:
    """An info's samples are 1; one that is misnamed may be no info at all."""
    for sample in draft.samples:
        if sample.value != 1 and sample.name.endswith("_info"):
            detail = (sample.series, shown(sample.value))
            violations.report("openmetrics-info-value", sample.line, draft.name, detail=detail)


@dataclass(slots=True)
class _Summary:
    """What is known of one summary point."""

    quantile: float = -1.0
    count: float = nan
    values: list[Sample] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


class _SummaryCheck:
    def __init__(self, draft: FamilyDraft, violations: Violations) -> None:
        self.draft = draft
        self.report = violations.report
        self.strict = draft.format is Format.OPENMETRICS
        self.points = Points(draft, violations, _Summary)

    def sample(self, sample: Sample) -> None:
        labels = dict(sample.labels)
        quantile = labels.pop("quantile", None)
        if len(labels) + (quantile is not None) < len(sample.labels):
            names = [name for name, _ in sample.labels]
            twice = next(name for name in names if names.count(name) > 1)
            self.report("label-names-unique", sample.line, self.draft.name, twice, detail=(sample.series,))
        point = self.points.turn(labels.items(), sample)
        suffix = sample.name[len(self.draft.name) :]
        series = suffix or f"quantile {quantile}"
        if series in point.seen:
            self.report("duplicate-series", sample.line, self.draft.name, detail=(sample.series,))
        point.seen.add(series)
        if suffix:
            self.total(suffix, quantile, point, sample)
        else:
            self.quantile(quantile, point, sample)

    def total(self, suffix: str, quantile: str | None, point: _Summary, sample: Sample) -> None:
        name = self.draft.name
        if quantile is not None:
            self.report("summary-quantile-label", sample.line, name, suffix, detail=(sample.series,))
        if suffix == "_count":
            point.count = sample.value
        if not self.strict or suffix == "_created":
            return
        whole = suffix == "_sum" or sample.value.is_integer()
        if not sample.value >= 0 or not whole:
            detail = (sample.series, shown(sample.value))
            self.report("openmetrics-summary-values", sample.line, name, suffix, detail=detail)

    def quantile(self, quantile: str | None, point: _Summary, sample: Sample) -> None:
        name, value = self.draft.name, _quantile(quantile)
        if value is None:
            self.report("summary-quantiles", sample.line, name, quantile or "", detail=(sample.series,))
            return
        if not self.strict and value < point.quantile:
            self.report("text-quantiles-sorted", sample.line, name, detail=(sample.series,))
        point.quantile = value
        point.values.append(sample)
        if self.strict and sample.value < 0:
            detail = (sample.series, shown(sample.value))
            self.report("openmetrics-quantile-values", sample.line, name, "negative", detail=detail)

    def finish(self) -> None:
        """Without a single event there is nothing to take a quantile of."""
        if not self.strict:
            return
        for point in self.points.by_key.values():
            for sample in point.values if point.count == 0 else ():
                if not isnan(sample.value):
                    detail = (sample.series, shown(sample.value))
                    name = self.draft.name
                    self.report("openmetrics-quantile-values", sample.line, name, "no events", detail=detail)


def check_summary(draft: FamilyDraft, violations: Violations) -> None:
    """Quantiles are in 0..1, sorted in the text format; count and sum are counters in OpenMetrics."""
    check = _SummaryCheck(draft, violations)
    for sample in draft.samples:
        check.sample(sample)
    check.finish()


def _quantile(text: str | None) -> float | None:
    try:
        value = number(text or "")
    except BadNumberError:
        return None
    return value if 0 <= value <= 1 else None
