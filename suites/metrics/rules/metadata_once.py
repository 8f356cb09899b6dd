"""A metric has at most one TYPE, one HELP and one UNIT line.

With a second one it is unclear which counts; Prometheus silently uses one of them, other readers refuse it. Sections:
text format "Comments, help text, and type information"; OpenMetrics "MetricFamily metadata".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# HELP a Text.\n# TYPE a gauge\na 1\n"),
    Bad("# TYPE a gauge\n# TYPE a counter\na 1\n", "`a` has more than one TYPE line"),
    Bad("# HELP a Text.\n# HELP a Text.\na 1\n# EOF\n", "`a` has more than one HELP line"),
    Bad('# TYPE a gauge\na{b="1"} 1\n# TYPE a gauge\na{b="2"} 1\n', "`a` has more than one TYPE line"),
    Bad(
        2 * "# HELP a Text.\n# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n",
        "`a` has more than one HELP line (2 times, first at line 6)",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#comments-help-text-and-type-information",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "duplicate_metadata",
        "`{name}` has more than one {keyword} line",
        "write the metadata once, before the metric's samples; concatenated expositions often repeat it",
    )
