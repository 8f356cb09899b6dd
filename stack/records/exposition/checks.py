"""What can only be checked once all lines are read: each family as a whole, and the families together.

Everything that concerns a single sample is done in bulk where the interpreter's own loops can do it, because a family
may have a million samples.
"""

from collections.abc import Iterable, Mapping
from itertools import product
from math import isnan
from operator import itemgetter
from typing import cast

from stack.records.exposition.family import FamilyDraft, Lone
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
_PLAIN_TYPES = frozenset({"counter", "gauge", "unknown"})
_PLAIN_FAULT: FaultKind = "bad_plain_sample_name"


def check_all(
    families: Mapping[str, FamilyDraft | Lone], fmt: Format, faults: Faults, unfinished: FamilyDraft | None = None
) -> None:
    """Check every complete family, and how the families go together; of an `unfinished` one only the names.

    A lone one was checked when it was read.
    """
    drafts = cast("list[FamilyDraft]", [family for family in families.values() if type(family) is not Lone])
    for draft in drafts:
        if fmt is Format.TEXT and len(draft.samples) == 1 and draft is not unfinished and _check_single(draft, faults):
            continue
        if draft.again:
            _check_again(draft, faults)
        for part in draft.parts() if not (draft.again or draft is unfinished) else ():
            if part.samples:
                check_samples(part, faults)
            for sample in part.exemplars or ():
                _check_exemplar(part, sample, faults)
        _check_names(draft, faults)
        repeated = faults.line_of("duplicate_series", draft.name)
        for line, between in draft.interrupted:
            if repeated < line:  # else what comes after the interruption was there before
                faults.report("interleaved_families", line, name=draft.name, between=between)
    if fmt is Format.TEXT:
        _check_parts(families, faults)
    else:
        for draft in drafts:
            _check_metadata(draft, faults)
        _check_clashes(drafts, faults)


def _check_parts(families: Mapping[str, FamilyDraft | Lone], faults: Faults) -> None:
    """A family named as a part of a histogram or summary has none of its series."""
    wholes = [draft for draft in families.values() if draft.type in {"histogram", "summary"}]
    for whole, suffix in product(wholes, ("bucket", "count", "sum")):
        draft = families.get(f"{whole.name}_{suffix}")
        if draft is not None:
            parts = {frozenset(sample.labels) for sample in whole.samples if sample.name == draft.name}
            for sample in draft.samples:
                if frozenset(sample.labels) in parts:
                    faults.report("duplicate_series", sample.line, draft.name, series=sample.series)


def _check_single(draft: FamilyDraft, faults: Faults) -> bool:
    """Check an ordinary family of one sample; False where there is more to check than labels and value."""
    if draft.type not in _PLAIN_TYPES or draft.foreign or draft.again or draft.interrupted or draft.exemplars:
        return False
    sample = draft.samples[0]
    if len(sample.labels) > 1:
        check_labels(draft, faults)
    if not sample.value >= 0:
        _check_plain(draft, faults)
    return True


def _check_again(draft: FamilyDraft, faults: Faults) -> None:
    """A second family of the name: of another type, or one of all those in a part that is there again."""
    at, keyword = draft.again, draft.again_by
    if draft.format is Format.TEXT:
        faults.report("duplicate_metadata", at, name=draft.name, keyword=keyword)
    elif draft.second_type in {None, draft.type_text}:
        faults.report("duplicate_family", at, name=draft.name)
    else:
        first, second = draft.type_text or "unknown", draft.second_type or ""
        faults.report("duplicate_family", at, draft.name, name=draft.name, first=first, second=second)


def check_samples(draft: FamilyDraft, faults: Faults) -> None:
    """Check the labels and values of all samples of a family, by its type."""
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
        faults.report("missing_unit_suffix", draft.lines["UNIT"], name, draft.unit, type=draft.type)


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
    unit = draft.unit if draft.type == "counter" and draft.name.endswith("_total") else None
    if draft.again or (unit and not draft.name.endswith(f"_{unit}")):
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
    openmetrics = draft.format is Format.OPENMETRICS
    for sample in draft.samples:
        if sample.value >= 0 or (openmetrics and sample.name == f"{draft.name}_created"):
            continue
        kind: FaultKind = "bad_counter_value" if openmetrics or sample.value < 0 else "counter_is_nan"
        faults.report(kind, sample.line, draft.name, series=sample.series, value=shown(sample.value))


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
