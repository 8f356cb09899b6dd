"""What can only be judged once all lines are read: each family as a whole, and the families together.

Everything that concerns a single sample is done in bulk where the interpreter's own loops can do it, because a family
may have a million samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter

from stack.records.exposition.exemplars import check_exemplars
from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import Violations
from stack.records.exposition.histograms import check_histogram
from stack.records.exposition.model import Format, Sample
from stack.records.exposition.points import Points
from stack.records.exposition.types import check_info, check_plain, check_stateset, check_summary

_SAMPLES_CODE = {
    "counter": "openmetrics-counter-samples",
    "info": "openmetrics-info-samples",
    "histogram": "histogram-samples",
    "gaugehistogram": "histogram-samples",
    "summary": "openmetrics-summary-samples",
}
_PLAIN_CODE = "openmetrics-plain-samples"


def check_all(families: Mapping[str, FamilyDraft], fmt: Format, violations: Violations) -> None:
    """Check every complete family, and how the families go together."""
    for draft in families.values():
        for part in draft.parts():
            if part.samples:
                _check_samples(part, violations)
            if part.exemplars:
                check_exemplars(part, violations)
        _check_names(draft, violations)
    if fmt is Format.OPENMETRICS:
        for draft in families.values():
            _check_metadata(draft, violations)
        _check_clashes(families.values(), violations)


def _check_samples(draft: FamilyDraft, violations: Violations) -> None:
    if draft.type in {"histogram", "gaugehistogram"}:
        check_histogram(draft, violations)
        return
    if draft.type == "summary":
        check_summary(draft, violations)
        return
    if len(draft.samples) > 1 or draft.samples[0].labels:
        _check_labels(draft, violations)
        _check_series(draft, violations)
    if draft.type == "stateset":
        check_stateset(draft, violations)
    elif draft.type == "info":
        check_info(draft, violations)
    else:
        check_plain(draft, violations)


def _check_labels(draft: FamilyDraft, violations: Violations) -> None:
    labels = list(map(itemgetter(1), draft.samples))
    if sum(map(len, map(dict, labels))) == sum(map(len, labels)):
        return
    for sample in draft.samples:
        names = [name for name, _ in sample.labels]
        for name in {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ():
            violations.report("label-names-unique", sample.line, draft.name, name, detail=(sample.series,))


def _check_series(draft: FamilyDraft, violations: Violations) -> None:
    """Each series once; in OpenMetrics once per timestamp, in a row, with rising timestamps."""
    samples = draft.samples
    openmetrics = draft.format is Format.OPENMETRICS
    one_name = samples[0].name == samples[-1].name and len(set(map(itemgetter(0), samples))) == 1
    if one_name and not (openmetrics and draft.timestamped):
        keys = list(map(hash, map(frozenset, map(itemgetter(1), samples))))
        if len(set(keys)) == len(keys):
            return
    _check_series_one_by_one(draft, violations)


def _check_series_one_by_one(draft: FamilyDraft, violations: Violations) -> None:
    points = Points(draft, violations, set[str])
    own_label = draft.name if draft.type == "stateset" else None
    in_a_row = draft.type != "info"  # the metric's own labels and the information itself cannot be told apart
    for sample in draft.samples:
        own = [pair for pair in sample.labels if pair[0] != own_label]
        series = sample.name + (dict(sample.labels).get(own_label, "") if own_label else "")
        seen = points.turn(own, sample, in_a_row=in_a_row)
        if series in seen:
            report_duplicate(draft, sample, violations)
        seen.add(series)


def report_duplicate(draft: FamilyDraft, sample: Sample, violations: Violations) -> None:
    """Note that the series of `sample` was there before."""
    violations.report("duplicate-series", sample.line, draft.name, detail=(sample.series,))


def _check_metadata(draft: FamilyDraft, violations: Violations) -> None:
    name, line = draft.name, draft.lines["first"]
    if name.startswith("_"):
        violations.report("openmetrics-leading-underscore", line, "metric family", name)
    if draft.unit and draft.type in {"info", "stateset"}:
        violations.report("openmetrics-no-unit", draft.lines["UNIT"], name, draft.type, draft.unit)
    elif draft.unit and not name.endswith(f"_{draft.unit}"):
        violations.report("openmetrics-unit-suffix", draft.lines["UNIT"], name, draft.unit)


def _check_clashes(families: Iterable[FamilyDraft], violations: Violations) -> None:
    """No sample name may belong to two families; a family's own name counts as one of its names."""
    claimed: dict[str, FamilyDraft] = {}
    for draft in families:
        for name in {draft.name: None, **dict.fromkeys(draft.sample_names())}:
            other = claimed.setdefault(name, draft)
            if other is draft or other in draft.early or draft in other.early:
                continue
            first = f"{other.type} `{other.name}`"
            violations.report(
                "openmetrics-suffix-clash", draft.lines["first"], f"{draft.type} `{draft.name}`", first, name
            )
            break


def _check_names(draft: FamilyDraft, violations: Violations) -> None:
    """Samples whose names do not fit the type that was announced right before them; told once per family."""
    kind, names = draft.type, draft.foreign
    if draft.format is Format.OPENMETRICS and kind in {"counter", "info"}:
        names = names | {draft.name}
    stray = next((sample for sample in draft.samples if sample.name in names), None) if names else None
    if stray is None or draft.type_text is None:
        return
    code = "text-sample-names" if draft.format is Format.TEXT else _SAMPLES_CODE.get(draft.type_text, _PLAIN_CODE)
    violations.report(code, stray.line, draft.name, draft.type_text, stray.name)
