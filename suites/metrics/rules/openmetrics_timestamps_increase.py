"""Several points of a metric have rising timestamps.

Prometheus drops samples that are older than the one before. Section: "Metric".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import OpenMetricsExposition, Violation
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a gauge\na 1 1\na 2 2.5\n# EOF\n"),
    Bad("# TYPE a gauge\na 1 2\na 2 1\n# EOF\n", "timestamps of `a` run backwards"),
    Bad("# TYPE a gauge\na 1 2\na 2\n# EOF\n", "some points of `a` have a timestamp and some have none"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#metric",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    """Several points of a metric have rising timestamps."""
    return findings(
        exposition,
        "openmetrics-timestamps-increase",
        lambda seen: (
            f"timestamps of `{seen.detail[0]}` run backwards" if seen.what[1] == "falling" else mixed_message(seen)
        ),
        hint="expose the points in the order of time, or better only the last one, without a timestamp",
        series=True,
    )


def mixed_message(seen: Violation) -> str:
    """Points with and without a timestamp cannot be ordered."""
    return f"some points of `{seen.detail[0]}` have a timestamp and some have none"
