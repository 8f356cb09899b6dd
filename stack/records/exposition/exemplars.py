"""Checks the exemplars of a family. Source: OpenMetrics 1.0 "Exemplars", "Histogram"."""

from __future__ import annotations

from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import Violations
from stack.records.exposition.grammar import BadNumberError, number, shown
from stack.records.exposition.model import Sample

EXEMPLAR_LIMIT = 128
"""Code points that an exemplar's label names and values may have together."""


def check_exemplars(draft: FamilyDraft, violations: Violations) -> None:
    """Exemplars stand where they may, are short, have unique label names, and lie within their bucket."""
    for sample in draft.exemplars:
        _check(draft, sample, violations)


def _check(draft: FamilyDraft, sample: Sample, violations: Violations) -> None:
    exemplar = sample.exemplar
    if exemplar is None:
        return
    suffix = sample.name[len(draft.name) :]
    bucket = draft.type in {"histogram", "gaugehistogram"} and suffix == "_bucket"
    if not bucket and not (draft.type == "counter" and sample.name.endswith("_total")):
        violations.report("openmetrics-exemplar-place", sample.line, sample.name, draft.type)
    length = sum(len(name) + len(value) for name, value in exemplar.labels)
    if length > EXEMPLAR_LIMIT:
        violations.report("openmetrics-exemplar-length", sample.line, draft.name, detail=(str(length),))
    names = [name for name, _ in exemplar.labels]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        violations.report(
            "label-names-unique", sample.line, draft.name, twice, detail=(f"the exemplar of {sample.series}",)
        )
    bound = _bound(sample) if bucket else None
    if bound is not None and not exemplar.value <= bound:
        detail = (sample.series, shown(exemplar.value))
        violations.report("openmetrics-exemplar-in-bucket", sample.line, draft.name, detail=detail)


def _bound(sample: Sample) -> float | None:
    try:
        return number(dict(sample.labels)["le"])
    except (BadNumberError, KeyError):
        return None
