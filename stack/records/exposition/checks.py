"""What can only be checked once all lines are read: each family as a whole, and the families together.

Everything that concerns a single sample is done in bulk where the interpreter's own loops can do it, because a family
may have a million samples.
"""

from collections.abc import Iterable, Mapping
from math import isnan
from operator import itemgetter

from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import FaultKind, Faults
from stack.records.exposition.grammar import BadNumberError, number, shown
from stack.records.exposition.histograms import check_histogram
from stack.records.exposition.model import Format, Sample
from stack.records.exposition.points import check_labels, check_series, repeated
from stack.records.exposition.summaries import check_summary

EXEMPLAR_LIMIT = 128
"""Code points that an exemplar's label names and values may have together."""

_SAMPLE_FAULTS: dict[str, FaultKind] = {
    "counter": "bad_counter_sample_name",
    "info": "bad_info_sample_name",
    "histogram": "bad_histogram_sample",
    "gaugehistogram": "bad_histogram_sample",
    "summary": "bad_summary_sample_name",
}
_PLAIN_FAULT: FaultKind = "bad_plain_sample_name"


def check_all(families: Mapping[str, FamilyDraft], fmt: Format, faults: Faults) -> None:
    """Check every complete family, and how the families go together."""
    for draft in families.values():
        for part in draft.parts():
            if part.samples:
                _check_samples(part, faults)
            for sample in part.exemplars:
                _check_exemplar(part, sample, faults)
        _check_names(draft, faults)
    if fmt is Format.OPENMETRICS:
        for draft in families.values():
            _check_metadata(draft, faults)
        _check_clashes(families.values(), faults)


def _check_samples(draft: FamilyDraft, faults: Faults) -> None:
    if draft.type in {"histogram", "gaugehistogram"}:
        check_histogram(draft, faults)
        return
    if draft.type == "summary":
        check_summary(draft, faults)
        return
    if len(draft.samples) > 1 or draft.samples[0].labels:
        check_labels(draft, faults)
        check_series(draft, faults)
    if draft.type == "stateset":
        _check_stateset(draft, faults)
    elif draft.type == "info":
        _check_info(draft, faults)
    else:
        _check_plain(draft, faults)


def _check_metadata(draft: FamilyDraft, faults: Faults) -> None:
    name, line = draft.name, draft.lines["first"]
    if name.startswith("_"):
        faults.report("leading_underscore", line, "metric family", name)
    if draft.unit and draft.type in {"info", "stateset"}:
        faults.report("unit_not_allowed", draft.lines["UNIT"], name, draft.type, draft.unit)
    elif draft.unit and not name.endswith(f"_{draft.unit}"):
        faults.report("missing_unit_suffix", draft.lines["UNIT"], name, draft.unit)


def _check_clashes(families: Iterable[FamilyDraft], faults: Faults) -> None:
    """No sample name may belong to two families; a family's own name counts as one of its names."""
    claimed: dict[str, FamilyDraft] = {}
    for draft in families:
        for name in {draft.name: None, **dict.fromkeys(draft.sample_names())}:
            other = claimed.setdefault(name, draft)
            if other is draft or other in draft.early or draft in other.early:
                continue
            first = f"{other.type} `{other.name}`"
            faults.report("sample_name_clash", draft.lines["first"], f"{draft.type} `{draft.name}`", first, name)
            break


def _check_names(draft: FamilyDraft, faults: Faults) -> None:
    """Samples whose names do not fit the type that was announced right before them; reported once per family."""
    kind, names = draft.type, draft.foreign
    if draft.format is Format.OPENMETRICS and kind in {"counter", "info"}:
        names = names | {draft.name}
    stray = next((sample for sample in draft.samples if sample.name in names), None) if names else None
    if stray is None or draft.type_text is None:
        return
    if draft.unit and draft.type == "counter" and draft.name.endswith(f"_{draft.unit}_total"):
        return  # one cause, one finding: `missing_unit_suffix` says what the family's name is to be
    fault = _SAMPLE_FAULTS.get(draft.type_text, _PLAIN_FAULT)
    if draft.format is Format.TEXT:
        fault = "sample_name_not_of_type"
    faults.report(fault, stray.line, draft.name, draft.type_text, stray.name)


def _check_plain(draft: FamilyDraft, faults: Faults) -> None:
    """Counters hold numbers from 0 up; gauges and unknowns may hold anything."""
    if draft.type != "counter":
        return
    values = list(map(itemgetter(2), draft.samples))
    if min(values) >= 0 and not any(map(isnan, values)):
        return
    created = f"{draft.name}_created" if draft.format is Format.OPENMETRICS else ""
    for sample in draft.samples:
        if sample.name != created and not sample.value >= 0:
            faults.report("bad_counter_value", sample.line, draft.name, series=sample.series, value=shown(sample.value))


def _check_stateset(draft: FamilyDraft, faults: Faults) -> None:
    """Each sample of a stateset names its state in a label called like the family, and is 0 or 1."""
    for sample in draft.samples:
        if all(name != draft.name for name, _ in sample.labels):
            faults.report("missing_stateset_label", sample.line, draft.name, series=sample.series)
        elif sample.value not in {0, 1}:
            faults.report(
                "bad_stateset_value", sample.line, draft.name, series=sample.series, value=shown(sample.value)
            )


def _check_info(draft: FamilyDraft, faults: Faults) -> None:
    """An info's samples are 1; one that is misnamed may be no info at all."""
    for sample in draft.samples:
        if sample.value != 1 and sample.name.endswith("_info"):
            faults.report("bad_info_value", sample.line, draft.name, series=sample.series, value=shown(sample.value))


def _check_exemplar(draft: FamilyDraft, sample: Sample, faults: Faults) -> None:
    exemplar = sample.exemplar
    if exemplar is None:
        return
    suffix = sample.name[len(draft.name) :]
    bucket = draft.type in {"histogram", "gaugehistogram"} and suffix == "_bucket"
    if not bucket and not (draft.type == "counter" and sample.name.endswith("_total")):
        faults.report("misplaced_exemplar", sample.line, sample.name, draft.type)
    length = sum(len(name) + len(value) for name, value in exemplar.labels)
    if length > EXEMPLAR_LIMIT:
        faults.report("exemplar_too_long", sample.line, draft.name, length=str(length))
    for name in repeated(exemplar.labels)[:1]:
        faults.report("duplicate_label_name", sample.line, draft.name, name, series=sample.series)
    bound = _bound(sample) if bucket else None
    if bound is not None and not exemplar.value <= bound:
        faults.report(
            "exemplar_above_bound", sample.line, draft.name, series=sample.series, value=shown(exemplar.value)
        )


def _bound(sample: Sample) -> float | None:
    try:
        return number(dict(sample.labels)["le"])
    except (BadNumberError, KeyError):
        return None
