"""TYPE lines use a type that the format defines.

Prometheus refuses the scrape for a type it does not know. The text format knows counter, gauge, histogram, summary and
untyped; OpenMetrics has unknown in place of untyped, and gaugehistogram, stateset and info besides. Sections: text
format "Comments, help text, and type information"; OpenMetrics "ABNF".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.family import TYPES
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a untyped\na 1\n"),
    Good("# TYPE a unknown\na 1\n# EOF\n"),
    Bad("# TYPE a timer\na 1\n", "`a` has the type `timer`, which Prometheus text 0.0.4 does not define"),
    Bad("# TYPE a Gauge\na 1\n", "`a` has the type `Gauge`, which Prometheus text 0.0.4 does not define"),
    Bad("# TYPE a untyped\na 1\n# EOF\n", "`a` has the type `untyped`, which OpenMetrics 1.0 does not define"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#comments-help-text-and-type-information",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "unknown_type",
        f"`{{0}}` has the type `{{1}}`, which {exposition.format} does not define",
        f"use one of {', '.join(sorted(TYPES[exposition.format]))}",
    )
