"""The points of a metric have increasing timestamps.

Prometheus drops samples that are older than the one before. Section: "Metric".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from stack.records.exposition.faults import Fault
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a gauge\na 1 1\na 2 2.5\n# EOF\n"),
    Bad("# TYPE a gauge\na 1 2\na 2 1\n# EOF\n", "timestamps of `a` decrease"),
    Bad("# TYPE a gauge\na 1 2\na 2\n# EOF\n", "some points of `a` have a timestamp and some have none"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#metric",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "unordered_timestamps",
        order_message,
        "expose the points in the order of time, or better only the last one, without a timestamp",
    )


def order_message(fault: Fault) -> str:
    series = fault.detail["series"]
    if fault.subject[1] == "mixed":
        return f"some points of `{series}` have a timestamp and some have none"
    return f"timestamps of `{series}` decrease"
