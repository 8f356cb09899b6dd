"""TYPE, HELP and UNIT lines stand before the metric's first sample.

A reader that has met a sample has already given it the type untyped; the TYPE line after it comes too late. Sections:
text format "Comments, help text, and type information", "Grouping and sorting"; OpenMetrics "ABNF".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import Exposition
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
    """TYPE, HELP and UNIT lines stand before the metric's first sample."""
    return findings(
        exposition,
        "metadata-before-samples",
        lambda seen: f"the {seen.what[0]} line of `{seen.what[1]}` comes after its samples",
        hint="write the metadata lines first, then the samples",
    )
