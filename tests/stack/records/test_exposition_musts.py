"""Each mechanically checkable MUST of the two exposition formats has its rules.

The numbers are those of the project's list: 1 to 48 are OpenMetrics 1.0, 49 to 60 the Prometheus text format 0.0.4.
"""

from suites.core.discovery import rules
from suites.core.rule import Level
from tests.support.cases import each_of

MUSTS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: ("Content-Type of OpenMetrics", ("openmetrics-content-type",)),
    2: ("UTF-8, no byte order mark", ("utf-8", "no-byte-order-mark")),
    3: ("line feeds only", ("line-feeds-only",)),
    4: ("ends with # EOF, nothing after", ("openmetrics-eof",)),
    5: ("no blank lines", ("openmetrics-no-blank-lines",)),
    6: ("no other # lines", ("openmetrics-no-comments",)),
    7: ("each metadata line once", ("metadata-once", "metadata-syntax")),
    8: ("metadata before samples", ("metadata-before-samples",)),
    9: ("types of OpenMetrics", ("known-type",)),
    10: ("unit is a suffix of the name", ("openmetrics-unit-suffix",)),
    11: ("no unit on stateset and info", ("openmetrics-no-unit",)),
    12: ("metric names", ("metric-names",)),
    13: ("label names", ("label-names",)),
    14: ("leading underscores are reserved", ("openmetrics-leading-underscore",)),
    15: ("label names unique in a set", ("label-names-unique",)),
    16: ("escaping", ("escapes",)),
    17: ("family names unique", ("openmetrics-family-names-unique",)),
    18: ("no suffix clash", ("openmetrics-suffix-clash",)),
    19: ("label sets unique in a family", ("duplicate-series",)),
    20: ("nothing interleaved", ("families-contiguous", "openmetrics-metrics-contiguous")),
    21: ("timestamps increase", ("openmetrics-timestamps-increase",)),
    22: ("timestamps are seconds", ("openmetrics-timestamps-in-seconds",)),
    23: ("numbers, and +Inf", ("numbers", "infinity-spelling")),
    24: ("no suffix on gauge, stateset, unknown", ("openmetrics-plain-samples",)),
    25: ("counter suffixes", ("openmetrics-counter-samples",)),
    26: ("counter values", ("counter-values", "counters-never-fall")),
    27: ("stateset label", ("openmetrics-stateset-label",)),
    28: ("stateset values", ("openmetrics-stateset-values",)),
    29: ("info suffix and value", ("openmetrics-info-samples", "openmetrics-info-value")),
    30: ("histogram suffixes", ("histogram-samples",)),
    31: ("+Inf bucket", ("histogram-inf-bucket",)),
    32: ("buckets cumulative", ("histogram-buckets-cumulative",)),
    33: ("le sorted, unique, a number, `+Inf`", ("le-sorted", "le-unique", "le-number", "infinity-spelling")),
    34: ("count iff sum, equal to +Inf bucket", ("openmetrics-histogram-count-iff-sum", "histogram-count")),
    35: (
        "histogram values",
        ("histogram-values", "openmetrics-histogram-integers", "openmetrics-histogram-sum"),
    ),
    36: ("negative bucket, no sum", ("openmetrics-negative-buckets",)),
    37: ("le only on buckets", ("le-label",)),
    38: (
        "gaugehistogram",
        (
            "histogram-samples",
            "histogram-inf-bucket",
            "histogram-values",
            "openmetrics-histogram-integers",
            "openmetrics-histogram-sum",
        ),
    ),
    39: ("quantile within 0..1", ("summary-quantiles",)),
    40: ("quantile values", ("openmetrics-quantile-values",)),
    41: ("summary count and sum", ("openmetrics-summary-values",)),
    42: ("quantile label only on quantiles", ("summary-quantile-label",)),
    43: ("exemplar length", ("openmetrics-exemplar-length",)),
    44: ("where exemplars may be", ("openmetrics-exemplar-place", "openmetrics-exemplar-syntax")),
    45: ("exemplar in its bucket, {}", ("openmetrics-exemplar-in-bucket", "openmetrics-exemplar-syntax")),
    46: ("default version", ("openmetrics-default-version",)),
    47: ("concurrent expositions", ("concurrent-scrapes-agree",)),
    48: ("series stay", ("series-do-not-vanish",)),
    49: ("Content-Type of the text format", ("text-content-type",)),
    50: ("last line ends with LF", ("text-final-line-feed",)),
    51: ("one HELP, one TYPE", ("metadata-once",)),
    52: ("TYPE before samples", ("metadata-before-samples",)),
    53: ("types of the text format", ("known-type",)),
    54: ("escapes", ("escapes",)),
    55: ("one group per metric", ("families-contiguous",)),
    56: ("name and labels unique", ("duplicate-series",)),
    57: ("timestamps are int64 milliseconds", ("text-timestamps",)),
    58: ("+Inf bucket equals count", ("histogram-inf-bucket", "histogram-count")),
    59: ("le and quantile ascending", ("le-sorted", "text-quantiles-sorted")),
    60: ("other names are quoted", ("metric-names", "label-names")),
}
"""By number: what it says, and the rules in `suites/metrics/rules/` that judge it."""

OVER_SEVERAL_REQUESTS = {46, 47, 48}
"""Judged by requesting a version, scraping concurrently, or scraping twice; their rules may be SHOULDs."""


def test_the_list_is_complete() -> None:
    assert sorted(MUSTS) == list(range(1, 61))


@each_of({str(number): number for number in MUSTS})
def test_each_must_has_its_rules(number: int) -> None:
    levels = {name: rules()[f"metrics/{name}"].level for name in MUSTS[number][1]}
    assert levels
    assert number in OVER_SEVERAL_REQUESTS or set(levels.values()) == {Level.MUST}, levels
