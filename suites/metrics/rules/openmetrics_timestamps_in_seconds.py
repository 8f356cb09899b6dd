"""OpenMetrics timestamps are in seconds.

The text format has milliseconds; read as seconds, such a value is some 50,000 years ahead, where no query finds it.
Section: "Timestamps".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("a 1 1520879607.789\n# EOF\n"),
    Bad(
        "a 1 1520879607789\n# EOF\n", "timestamp `1520879607789` of `a` is after the year 5000, so it is not in seconds"
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#timestamps",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "timestamp_not_in_seconds",
        "timestamp `{token}` of `{0}` is after the year 5000, so it is not in seconds",
        "divide by 1000, or expose no timestamp",
    )
