"""Lines end with a line feed, without a carriage return.

A carriage return becomes part of the value, which then is not a number: the scrape fails. Sections: OpenMetrics
"Overall Structure"; text format "Basic info".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings

MESSAGES = {
    "before": "a line ends with a carriage return",
    "after": "a line begins with a carriage return",
    "alone": "a line ends with a carriage return in place of a line feed",
}


@rule(
    Good("a 1\nb 2\n"),
    Bad("a 1\r\nb 2\r\n", "a line ends with a carriage return (2 times, first at line 1)"),
    Bad("a 1\n\rb 2\n\r", "a line begins with a carriage return (2 times, first at line 2)"),
    Bad("a 1\rb 2\r", "a line ends with a carriage return in place of a line feed (2 times, first at line 1)"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#overall-structure",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "carriage_return",
        lambda fault: MESSAGES[fault.subject[0]],
        "write `\\n` as line ending; open files in a mode that does not translate it",
    )
