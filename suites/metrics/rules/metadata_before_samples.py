"""TYPE, HELP and UNIT lines come before the metric's first sample.

A reader has already given the sample the type untyped when the TYPE line comes after it. Sections: text format
"Comments, help text, and type information", "Grouping and sorting"; OpenMetrics "ABNF".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# HELP a Text.\n# TYPE a gauge\na 1\n"),
    Bad("a 1\n# TYPE a counter\n", "the TYPE line of `a` comes after its samples"),
    Bad("a 1\n# HELP a Text.\n# EOF\n", "the HELP line of `a` comes after its samples"),
    Bad("h_sum 1\n# TYPE h summary\nh_count 1\n", "the TYPE line of `h` comes after its samples"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#comments-help-text-and-type-information",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "late_metadata",
        "the {0} line of `{1}` comes after its samples",
        "write the metadata lines first, then the samples",
    )
