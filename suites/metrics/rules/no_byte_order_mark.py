"""An exposition does not begin with a byte order mark.

The mark becomes part of the first line, which then is neither metadata nor a sample. Section: OpenMetrics "Overall
Structure"; in the text format no line may begin with it.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("a 1\n"),
    Bad("\ufeffa 1\n", "the body begins with a byte order mark"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#overall-structure",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "byte_order_mark",
        "the body begins with a byte order mark",
        "write the body as plain UTF-8 (Python: encoding `utf-8`, not `utf-8-sig`)",
    )
