"""The running Prometheus scrapes every service of the catalog.

A target file that was not mounted, or a service discovery that finds nothing, is visible only in the running server.
"""

from collections.abc import Iterator

from stack.records.live.catalog import RunningJobs
from suites.components.helpers.jobs import services_without_job
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{jobs: {api: 'http://h:1/metrics'}, catalog: [api]}"),
    Bad(
        "{jobs: {api: 'http://h:1/metrics'}, catalog: [api, checkout]}",
        "service `checkout` of the catalog has no job in the running Prometheus",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/api/#targets",
)
def check(live: RunningJobs) -> Iterator[Finding]:
    yield from services_without_job((job for job, _ in live.jobs), live.catalog, "the running Prometheus")
