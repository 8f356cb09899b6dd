"""Lines end with a line feed alone.

A carriage return before it becomes part of the value, which is then no number: the scrape fails. Sections:
OpenMetrics "Overall Structure"; text format "Basic info".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("a 1\nb 2\n"),
    Bad("a 1\r\nb 2\r\n", "a line ends with a carriage return (2 times, first at line 1)"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#overall-structure",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    """Lines end with a line feed alone."""
    return findings(
        exposition,
        "line-feeds-only",
        lambda _: "a line ends with a carriage return",
        hint="write `\\n` as line ending; open files in a mode that does not translate it",
    )
