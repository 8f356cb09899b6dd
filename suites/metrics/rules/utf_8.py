"""An exposition is valid UTF-8.

Prometheus refuses the whole scrape for one label value that is not UTF-8; Latin-1 file names and user agents are the
usual source. Sections: OpenMetrics "Overall Structure", "Strings"; text format "Basic info".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('a{b="é"} 1\n'),
    Bad('a{b="\udce9"} 1\n', "byte 0xE9 at byte 6 of the line is not valid UTF-8"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#overall-structure",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "invalid_utf8",
        "byte {byte} at byte {column} of the line is not valid UTF-8",
        "encode label values as UTF-8, and replace what cannot be decoded before it becomes a label value",
    )
