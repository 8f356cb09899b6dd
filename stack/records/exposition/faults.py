"""Faults of the format: every kind that the parser reports, and the collector that keeps them bounded."""

import sys
from collections.abc import Mapping
from typing import Literal, NamedTuple

MAX_FAULTS = 100
"""The number of distinct faults of one kind that an exposition keeps; all are counted."""
EXCERPT = 200
"""The number of characters of a line that are kept as evidence."""

_BodyFault = Literal["bad_eof", "byte_order_mark", "invalid_utf8", "missing_final_line_feed", "unparsable"]
_LineFault = Literal["bad_escape", "bad_number", "blank_line", "carriage_return", "comment", "malformed_exemplar"]
_NameFault = Literal["bad_label_name", "bad_metric_name", "duplicate_label_name", "leading_underscore"]
_TimestampFault = Literal[
    "bad_millisecond_timestamp", "timestamp_not_in_milliseconds", "timestamp_not_in_seconds", "unordered_timestamps"
]  # fmt: skip  # grouped
_MetadataFault = Literal["duplicate_metadata", "late_metadata", "malformed_metadata", "unknown_type"]
_UnitFault = Literal["missing_unit_suffix", "unit_not_allowed"]
_GroupFault = Literal[
    "duplicate_family", "duplicate_series", "interleaved_families", "interleaved_metrics", "sample_name_clash"
]
_SampleNameFault = Literal[
    "bad_counter_sample_name", "bad_histogram_sample", "bad_info_sample_name", "bad_plain_sample_name",
    "bad_summary_sample_name", "sample_name_not_of_type",
]  # fmt: skip  # grouped
_ExemplarFault = Literal["exemplar_above_bound", "exemplar_too_long", "misplaced_exemplar"]
_ValueFault = Literal[
    "bad_counter_value", "bad_info_value", "bad_stateset_value", "counter_is_nan", "missing_stateset_label"
]  # fmt: skip  # grouped
_HistogramFault = Literal[
    "bad_bucket_bound", "bad_histogram_count", "bad_histogram_sum", "bad_histogram_value", "count_or_sum_alone",
    "duplicate_bucket_bound", "falling_buckets", "fractional_histogram_value", "misplaced_le_label",
    "misspelled_infinity", "missing_infinite_bucket", "sum_with_negative_bounds", "unsorted_buckets",
]  # fmt: skip  # grouped
_SummaryFault = Literal[
    "bad_quantile", "bad_quantile_value", "bad_summary_value", "misplaced_quantile_label", "quantile_above_one",
    "unsorted_quantiles",
]  # fmt: skip  # grouped
FaultKind = Literal[
    _BodyFault, _LineFault, _NameFault, _TimestampFault, _MetadataFault, _UnitFault, _GroupFault, _SampleNameFault,
    _ExemplarFault, _ValueFault, _HistogramFault, _SummaryFault,
]  # fmt: skip  # grouped
"""What can be wrong with an exposition. Each kind is reported by exactly one metrics rule."""

REFUSED: frozenset[FaultKind] = frozenset({
    "bad_eof", "bad_escape", "bad_label_name", "bad_metric_name", "bad_millisecond_timestamp", "bad_number",
    "blank_line", "byte_order_mark", "carriage_return", "comment", "duplicate_family", "duplicate_label_name",
    "duplicate_metadata", "interleaved_families", "invalid_utf8", "malformed_exemplar", "malformed_metadata",
    "missing_final_line_feed", "missing_unit_suffix", "unknown_type", "unparsable",
})  # fmt: skip  # as above
"""For these Prometheus may refuse the whole scrape; for what is there twice, where the second is broken as well."""
ILL_TIMED: frozenset[FaultKind] = frozenset({"timestamp_not_in_milliseconds", "timestamp_not_in_seconds"})
"""For these it refuses the samples."""


class Fault(NamedTuple):
    """One fault of the format.

    `subject` names what has to be fixed (a family, a label name, …): faults of one kind and subject are kept as one,
    with how many `times` it occurred and the `line`, `detail` and `excerpt` of the first. `line` counts from 1;
    0 means the exposition as a whole.
    """

    kind: FaultKind
    line: int
    subject: tuple[str, ...]
    times: int
    detail: Mapping[str, str]
    excerpt: str


class Faults:
    """The faults of one exposition, grouped by kind and by what has to be fixed."""

    def __init__(self) -> None:
        self._found: dict[FaultKind, dict[tuple[str, ...], Fault]] = {}
        self.counts: dict[FaultKind, int] = {}
        self.last_line = sys.maxsize
        """Faults in later lines are not noted: they come of the body's end being wrong, which is noted itself."""
        self.left_out = 0

    def report(self, kind: FaultKind, line: int, *subject: str, excerpt: str = "", **detail: str) -> None:
        """Note one more fault; only the first of each `subject` keeps its line, detail and excerpt."""
        if line > self.last_line:
            self.left_out += 1
            return
        self.counts[kind] = self.counts.get(kind, 0) + 1
        of_kind = self._found.setdefault(kind, {})
        known = of_kind.get(subject)
        if known is not None:
            of_kind[subject] = known._replace(times=known.times + 1)
        elif len(of_kind) < MAX_FAULTS:
            of_kind[subject] = Fault(kind, line, subject, 1, detail, excerpt[:EXCERPT])

    def line_of(self, kind: FaultKind, *subject: str) -> int:
        """The line of the first fault of this kind and subject, 0 where there is none."""
        found = self._found.get(kind, {}).get(subject)
        return found.line if found else 0

    def by_kind(self) -> dict[FaultKind, tuple[Fault, ...]]:
        """Everything found, per kind in line order."""
        return {kind: tuple(sorted(found.values(), key=lambda each: each.line)) for kind, found in self._found.items()}
