"""Text-format timestamps are in milliseconds, not in seconds.

Read as milliseconds, a time in seconds is a day of January 1970: Prometheus refuses the sample as too old, while the
scrape succeeds. Section: "Line format" (timestamp).
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import TextExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("a 1 1711610959000\n"),
    Bad("a 1 1711610959\n", "timestamp `1711610959` of `a` is a time of our days in seconds, not in milliseconds"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#line-format",
)
def check(exposition: TextExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "timestamp_not_in_milliseconds",
        "timestamp `{token}` of `{0}` is a time of our days in seconds, not in milliseconds",
        "multiply by 1000, or expose no timestamp",
    )
