"""The last line ends with a line feed.

Otherwise a complete exposition looks like one that was cut off in the middle of a number. Prometheus reads it anyway,
other readers do not. Section: "Text format details".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import TextExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings

MESSAGES = {
    "whole": "the last line does not end with a line feed",
    "cut": "the body ends in the middle of a line",
}


@rule(
    Good("a 1\n"),
    Bad("a 1\nb 2", "the last line does not end with a line feed"),
    Bad('a 1\nb{c="d', "the body ends in the middle of a line"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#details",
)
def check(exposition: TextExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "missing_final_line_feed",
        lambda fault: MESSAGES[fault.subject[0]],
        "write a line feed after every line; check for a response that is cut, by a proxy's limit for one",
    )
