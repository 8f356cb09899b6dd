"""The last line ends with a line feed.

Otherwise a complete exposition looks like one that was cut off in the middle of a number. Prometheus reads it anyway,
other readers do not. Section: "Text format details".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import TextExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("a 1\n"),
    Bad("a 1\nb 2", "the last line does not end with a line feed"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#details",
)
def check(exposition: TextExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "missing_final_line_feed",
        "the last line does not end with a line feed",
        "write a line feed after every line; check for a truncated response",
    )
