"""An OpenMetrics exposition ends with `# EOF` and nothing after it.

It is how a reader tells a complete exposition from one cut off in the middle: Prometheus refuses the scrape without
it. Two expositions glued together have it in between. Sections: "Overall Structure", "ABNF".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import OpenMetricsExposition, Violation
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a gauge\na 1\n# EOF\n"),
    Good("a 1\n# EOF"),
    Bad("# TYPE a gauge\na 1\n", "the last line is not `# EOF`"),
    Bad("a 1\n# EOF\nb 1\n", "1 line after `# EOF`"),
    Bad("a 1\n# EOF\n\n", "1 line after `# EOF`"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#overall-structure",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    """An OpenMetrics exposition ends with `# EOF` and nothing after it."""
    return findings(
        exposition,
        "openmetrics-eof",
        lambda seen: "the last line is not `# EOF`" if seen.what == ("missing",) else after_message(seen),
        hint="write `# EOF` once, as the very last line",
    )


def after_message(seen: Violation) -> str:
    """How much follows the end."""
    return f"{seen.detail[0]} line{'s' if seen.detail[0] != '1' else ''} after `# EOF`"
