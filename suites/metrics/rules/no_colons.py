"""Exposed metric names contain no colon.

Colons are reserved for the names of recording rules: an exposed metric with a colon looks like something that
Prometheus computed.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import federated, where


@rule(
    Good("job_errors_total 1\n"),
    Good('job:errors:rate5m{job="a",instance=""} 1 1711610959000\n'),
    Bad("job:errors_total 1\n", "`job:errors_total` contains a colon, which is reserved for recording rules"),
    only=lambda family: ":" in family.exposed_name,
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#naming",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    if not federated(family):
        better = name.replace(":", "_")
        yield Finding(
            f"`{name}` contains a colon, which is reserved for recording rules", where(family), f"rename it `{better}`"
        )
