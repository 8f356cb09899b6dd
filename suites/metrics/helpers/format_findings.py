"""Turns the faults that the exposition parser reports into findings, for the rules on the format."""

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import cast

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.faults import Fault, FaultKind
from stack.records.exposition.model import Sample
from suites.core.finding import Finding, Where
from suites.core.rule import NotApplicable
from suites.metrics.helpers.histograms import has_bounds

Text = str | Callable[[Fault], str]
Need = tuple[Callable[[Exposition], object], str]
"""Whether an exposition has what can have a fault, and how to say that it has not."""


def _of_type(*types: str) -> Need:
    none = f"no metric is of type {' or '.join(types)}"
    return lambda exposition: not _types(exposition).isdisjoint(types), none


def _types(exposition: Exposition) -> frozenset[str]:
    if "types" not in exposition.cache:
        exposition.cache["types"] = frozenset(map(itemgetter(1), exposition.families))
    return cast("frozenset[str]", exposition.cache["types"])


def _has_time(sample: Sample) -> bool:
    return sample[3] is not None


NEEDS: dict[Need, tuple[FaultKind, ...]] = {
    _of_type("counter"): ("bad_counter_sample_name", "bad_counter_value", "counter_is_nan"),
    _of_type("histogram", "gaugehistogram"): (
        "bad_histogram_sample", "bad_histogram_sum", "bad_histogram_value", "count_or_sum_alone",
        "fractional_histogram_value", "misplaced_le_label",
    ),
    (has_bounds, "no histogram has buckets with bounds"): (
        "bad_bucket_bound", "bad_histogram_count", "duplicate_bucket_bound", "falling_buckets", "misspelled_infinity",
        "missing_infinite_bucket", "sum_with_negative_bounds", "unsorted_buckets",
    ),
    _of_type("summary"): (
        "bad_quantile", "bad_quantile_value", "bad_summary_sample_name", "bad_summary_value",
        "misplaced_quantile_label", "quantile_above_one", "unsorted_quantiles",
    ),
    _of_type("info"): ("bad_info_sample_name", "bad_info_value"),
    _of_type("stateset"): ("bad_stateset_value", "missing_stateset_label"),
    _of_type("info", "stateset"): ("unit_not_allowed",),
    (lambda exposition: any(map(itemgetter(3), exposition.families)), "no metric has a unit"): (
        "missing_unit_suffix",
    ),
    (lambda exposition: " # " in exposition.text, "no sample has an exemplar"): (
        "exemplar_above_bound", "exemplar_too_long", "malformed_exemplar", "misplaced_exemplar",
    ),
    (lambda exposition: any(map(_has_time, exposition.samples())), "no sample has a timestamp"): (
        "bad_millisecond_timestamp", "timestamp_not_in_milliseconds", "timestamp_not_in_seconds",
        "unordered_timestamps",
    ),
}  # fmt: skip  # grouped
NEEDED = {kind: need for need, kinds in NEEDS.items() for kind in kinds}


def findings(exposition: Exposition, kind: FaultKind, message: Text, hint: Text) -> Iterator[Finding]:
    """One finding per fault of `kind`, that is per thing to fix, each with how often it occurred.

    `message` is a template, `{0}`, `{1}`, … for the fault's subject and names (`{series}`) for its details, or a
    function; `hint` is plain text or a function. Where there are more distinct faults than the exposition keeps, the
    last finding says how many. Raises NotApplicable where there is nothing that can have the fault.
    """
    kept = exposition.faults.get(kind, ())
    for fault in kept:
        text = message.format(*fault.subject, **fault.detail) if isinstance(message, str) else message(fault)
        place = Where(line=fault.line or None, series=fault.detail.get("series"), excerpt=fault.excerpt or None)
        asked = f", when asked for `{exposition.only_to}`" if exposition.only_to else ""
        yield Finding(text + _often(fault) + asked, place, hint if isinstance(hint, str) else hint(fault))
    more = exposition.fault_counts.get(kind, 0) - sum(fault.times for fault in kept)
    if more > 0:
        yield Finding(f"and {more} more of the same kind", hint="fix those above first, then run the check again")
    if not kept and (none := _absent(exposition, kind)):
        raise NotApplicable(exposition.nothing_to_judge or none)


def unread(exposition: Exposition) -> bool:
    """Some lines could not be read at all, which the rules on these report."""
    return not exposition.faults.keys().isdisjoint(("unparsable", "bad_number", "bad_escape"))


def _absent(exposition: Exposition, kind: FaultKind) -> str:
    """Why there is nothing that can have the fault, empty where there is something; looked for once."""
    if kind not in NEEDED:
        return ""
    has, none = NEEDED[kind]
    if none not in exposition.cache:
        exposition.cache[none] = bool(has(exposition))
    return "" if exposition.cache[none] else none


def _often(fault: Fault) -> str:
    if fault.times == 1:
        return ""
    return f" ({fault.times} times{f', first at line {fault.line}' if fault.line else ''})"
