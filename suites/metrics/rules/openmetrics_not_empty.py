"""An OpenMetrics exposition has at least one metric with a sample.

OpenMetrics allows an empty exposition, and Prometheus calls its scrape a success, so it goes unnoticed that the
service is not monitored. Section: "MetricSet".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import unread


@rule(
    Good("a 1\n# EOF\n"),
    Bad("# EOF\n", "the exposition has no sample"),
    Bad("# TYPE a gauge\n# EOF\n", "the exposition has no sample"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#metricset",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    if not exposition.series_count and not unread(exposition):
        hint = "register the metrics in the registry that the handler at this path exposes"
        yield Finding("the exposition has no sample", hint=hint)
